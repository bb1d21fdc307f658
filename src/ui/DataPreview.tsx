/** Real examples as the model will see them: every token a chip that says what happens to it. */
import { PREVIEW_COUNT } from '../store/dataset';
import { tokenText } from './format';
import { useSel, useStudio } from './studioContext';

export function DataPreview() {
  const studio = useStudio();
  const preview = useSel((s) => s.dataset.preview);
  const from = useSel((s) => s.dataset.previewFrom);
  const total = useSel((s) => s.dataset.report?.examples ?? 0);
  if (preview.length === 0) return null;
  return (
    <div className="stack" data-testid="data-preview">
      <div className="row">
        <h3>What will be trained on</h3>
        <span className="legend">
          <span className="chip chip-trained">trained</span>
          <span className="chip chip-masked">read, not trained</span>
          <span className="chip chip-truncated">cut off</span>
        </span>
        <span className="spacer" />
        <button type="button" className="quiet" disabled={from === 0} onClick={() => void studio.data.showPreview(Math.max(0, from - PREVIEW_COUNT))}>← Previous</button>
        <span className="num muted">{from + 1}–{from + preview.length} of {total}</span>
        <button type="button" className="quiet" disabled={from + PREVIEW_COUNT >= total} onClick={() => void studio.data.showPreview(from + PREVIEW_COUNT)}>Next →</button>
      </div>
      <ol className="examples">
        {preview.map((example, i) => (
          <li key={i} className="example">
            <p className="example-head num">row {example.row + 1}{example.heldOut && <span className="tag">held out</span>}</p>
            <p className="chips">
              {example.tokens.slice(0, 400).map((t, j) => (
                <span key={j} className={`chip chip-${t.state}`} title={`token ${t.id}, ${t.state}`}>{tokenText(t.text)}</span>
              ))}
              {example.tokens.length > 400 && <span className="muted"> and {example.tokens.length - 400} more</span>}
            </p>
          </li>
        ))}
      </ol>
    </div>
  );
}
