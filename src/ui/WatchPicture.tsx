/** Which picture of the validation split is watched. */
import type { WatchedPicture } from '../shared/data';
import { texts } from '../shared/texts';
import { useStudio } from './studioContext';

export function WatchPicture({ picture: { example, of } }: { picture: Pick<WatchedPicture, 'example' | 'of'> }) {
  const studio = useStudio();
  const t = texts().charts.patches;
  const step = (by: number) => void studio.training.watchExample((example + by + of) % of);
  return (
    <div className="row tight">
      <button type="button" className="quiet" aria-label={t.previous} disabled={of < 2} onClick={() => step(-1)}>
        ←
      </button>
      <span className="num muted" aria-live="polite" data-testid="watch-picture">
        {t.which(example + 1, of)}
      </span>
      <button type="button" className="quiet" aria-label={t.next} disabled={of < 2} onClick={() => step(1)}>
        →
      </button>
    </div>
  );
}
