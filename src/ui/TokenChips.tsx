/** An example's tokens as chips that say what happens to each. */
import type { PreviewExample } from '../shared/data';
import { texts } from '../shared/texts';
import { tokenSigns } from './tokenSigns';

export function TokenChips({ tokens, most = 400 }: { tokens: PreviewExample['tokens']; most?: number }) {
  const t = texts().data.preview;
  const signs = tokenSigns(tokens.map((token) => token.text)).slice(0, most);
  return (
    <p className="chips">
      {signs.map(({ text, note, goesOn }, j) => (
        <span
          key={j}
          className={`chip chip-${tokens[j].state}${goesOn ? ' chip-rest' : ''}`}
          title={t.token(tokens[j].id, t.state[tokens[j].state], note)}
        >
          {text}
        </span>
      ))}
      {tokens.length > most && <span className="muted">{t.more(tokens.length - most)}</span>}
    </p>
  );
}

export function ChipLegend() {
  const { state: said } = texts().data.preview;
  return (
    <span className="legend">
      {(['trained', 'masked', 'truncated'] as const).map((state) => (
        <span key={state} className={`chip chip-${state}`}>
          {said[state]}
        </span>
      ))}
    </span>
  );
}
