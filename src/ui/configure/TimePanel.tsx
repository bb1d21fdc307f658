/** How long it will take, from steps that were really timed. */
import { texts } from '../../shared/texts';
import { TIMED_STEPS } from '../../store/configure/commands';
import { isLive } from '../../store/slices';
import { durationRange } from '../format';
import { useSel, useStudio } from '../studioContext';
import { useExpected } from './useExpected';

export function TimePanel() {
  const t = texts().configure.time;
  const { configure } = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const wrong = useSel((s) => s.runs.draftError !== null);
  const measuring = useSel((s) => s.runs.measuring);
  const live = useSel((s) => isLive(s.runs.phase) || s.experiments.running !== null);
  const ready = useSel((s) => s.model.status === 'ready' && s.dataset.train !== null);
  const expected = useExpected()(draft);
  return (
    <div className="stack" data-testid="expected-time">
      <h3>{t.title}</h3>
      <p className="expected num" aria-live="polite">
        {expected && !wrong ? durationRange(expected.low, expected.high) : measuring ? t.measuring : '–'}
      </p>
      <p className="help">
        {!expected
          ? t.unknown(TIMED_STEPS)
          : expected.from === 'probe'
            ? t.probe(TIMED_STEPS, expected.scaled)
            : t.run(expected.scaled)}
      </p>
      <p>
        {measuring ? (
          <button
            type="button"
            className="small"
            data-testid="measure-cancel"
            onClick={() => void configure.stopMeasuring()}
          >
            {t.cancel}
          </button>
        ) : (
          <button
            type="button"
            className="small"
            data-testid="measure"
            disabled={!ready || live || wrong}
            onClick={() => void configure.measure()}
          >
            {expected && !expected.scaled && expected.from === 'probe' ? t.again : t.measure(TIMED_STEPS)}
          </button>
        )}
      </p>
    </div>
  );
}
