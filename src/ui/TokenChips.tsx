/** An example's tokens as chips that say what happens to each. */
import type { PreviewExample } from '../shared/data';
import { tokenText } from './format';

const WORDS = { trained: 'trained', masked: 'read, not trained', truncated: 'cut off' } as const;

export function TokenChips({ tokens, most = 400 }: { tokens: PreviewExample['tokens']; most?: number }) {
  return (
    <p className="chips">
      {tokens.slice(0, most).map((t, j) => (
        <span key={j} className={`chip chip-${t.state}`} title={`token ${t.id}, ${WORDS[t.state]}`}>{tokenText(t.text)}</span>
      ))}
      {tokens.length > most && <span className="muted"> and {tokens.length - most} more</span>}
    </p>
  );
}

export function ChipLegend() {
  return (
    <span className="legend">
      {(['trained', 'masked', 'truncated'] as const).map((state) => <span key={state} className={`chip chip-${state}`}>{WORDS[state]}</span>)}
    </span>
  );
}
