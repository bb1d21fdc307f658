/** Real examples as the model will see them: every token a chip that says what happens to it. */
import { texts } from '../shared/texts';
import { PREVIEW_COUNT } from '../store/dataset';
import { count } from './format';
import { Picture } from './Picture';
import { useSel, useStudio } from './studioContext';
import { ChipLegend, TokenChips } from './TokenChips';

export function DataPreview() {
  const studio = useStudio();
  const preview = useSel((s) => s.dataset.preview);
  const from = useSel((s) => s.dataset.previewFrom);
  const total = useSel((s) => s.dataset.report?.examples ?? 0);
  const t = texts().data.preview;
  if (preview.length === 0) return null;
  const pictures = preview[0].picture !== null;
  return (
    <div className="stack" data-testid="data-preview">
      <div className="row">
        <h3>{t.title}</h3>
        {!pictures && <ChipLegend />}
        <span className="spacer" />
        <button
          type="button"
          className="quiet"
          disabled={from === 0}
          onClick={() => void studio.data.showPreview(Math.max(0, from - PREVIEW_COUNT))}
        >
          {t.previous}
        </button>
        <span className="num muted">{t.which(count(from + 1), count(from + preview.length), count(total))}</span>
        <button
          type="button"
          className="quiet"
          disabled={from + PREVIEW_COUNT >= total}
          onClick={() => void studio.data.showPreview(from + PREVIEW_COUNT)}
        >
          {t.next}
        </button>
      </div>
      <ol className={pictures ? 'examples pictures' : 'examples'}>
        {preview.map((example, i) => (
          <li key={i} className="example">
            <p className="example-head num">
              {t.row(count(example.row + 1))}
              {example.validation && <span className="tag">{t.validation}</span>}
            </p>
            {example.picture ? (
              <figure className="picture-figure">
                <Picture shown={example.picture.shown} label={example.picture.label} className="picture-medium" />
                <figcaption>{example.picture.label}</figcaption>
              </figure>
            ) : (
              <TokenChips tokens={example.tokens} />
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
