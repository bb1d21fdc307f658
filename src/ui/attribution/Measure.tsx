/** How an attribution is asked for, how far it is, and what its parts add up to. */
import { type Attribution, PATH_POINTS, checksum } from '../../shared/attribution';
import type { RunConfig } from '../../shared/config';
import { texts } from '../../shared/texts';
import { SelectField } from '../bits';
import { percent, signed } from '../format';
import { useSel, useStudio } from '../studioContext';
import { useEnded } from './useAttribution';

/** Error above which more points are offered. */
const GOOD = 0.02;

interface Props {
  what: 'text' | 'modules';
  runs: readonly RunConfig[];
  run: RunConfig | undefined;
  onRun: (id: string) => void;
  found: Attribution | null;
  ask: string;
}

export function Measure({ what, runs, run, onRun, found, ask }: Props) {
  const t = texts().attribution;
  const { attribution } = useStudio();
  const busy = useSel((s) => s.attribution.busy);
  const ended = useEnded();
  if (!run) return <p className="help">{t.none}</p>;
  if (!ended) return <p className="help">{t.waiting}</p>;
  const measure = (points: number) => void attribution.measure(run.id, what, points);
  const mine = busy?.what === what;
  return (
    <div className="measure" data-testid={`measure-${what}`}>
      {runs.length > 1 && (
        <SelectField
          label={t.run}
          value={run.id}
          onChange={onRun}
          options={runs.map((r) => ({ value: r.id, label: r.name }))}
        />
      )}
      {mine ? (
        <>
          <progress value={busy.all ? busy.done : undefined} max={busy.all || undefined} aria-label={t.measuring} />
          <button type="button" className="small" onClick={() => void attribution.cancel()}>
            {t.cancel}
          </button>
        </>
      ) : found ? (
        <Sum found={found} onMore={busy ? null : measure} />
      ) : (
        <>
          <button
            type="button"
            className="small"
            disabled={busy !== null}
            data-testid={`measure-${what}-go`}
            onClick={() => measure(PATH_POINTS.few)}
          >
            {t.measure}
          </button>
          <p className="help">{ask}</p>
        </>
      )}
    </div>
  );
}

/** The checksum, and more points where it is off. */
function Sum({ found, onMore }: { found: Attribution; onMore: ((points: number) => void) | null }) {
  const t = texts().attribution;
  const { sum, measured, error } = checksum(found);
  const { points } = found;
  return (
    <>
      <p className="help num" data-testid="checksum" data-error={error}>
        {t.sum({ sum: signed(sum), measured: signed(measured), error: percent(error, 1), points })}
      </p>
      {error > GOOD && points < PATH_POINTS.many && onMore && (
        <button type="button" className="quiet small" onClick={() => onMore(PATH_POINTS.many)}>
          {t.more(PATH_POINTS.many)}
        </button>
      )}
    </>
  );
}
