/** How long it will take, from steps that were really timed. */
import { TIMED_STEPS } from '../../store/configure/commands';
import { isLive } from '../../store/slices';
import { durationRange } from '../format';
import { useSel, useStudio } from '../studioContext';
import { useExpected } from './useExpected';

export function TimePanel() {
  const { configure } = useStudio();
  const draft = useSel((s) => s.runs.draft);
  const wrong = useSel((s) => s.runs.draftError !== null);
  const measuring = useSel((s) => s.runs.measuring);
  const live = useSel((s) => isLive(s.runs.phase) || s.studies.running !== null);
  const ready = useSel((s) => s.model.status === 'ready' && s.dataset.train !== null);
  const expected = useExpected()(draft);
  return (
    <div className="stack" data-testid="expected-time">
      <h3>Expected time</h3>
      <p className="expected num" aria-live="polite">{expected && !wrong ? durationRange(expected.low, expected.high) : measuring ? 'Measuring…' : '–'}</p>
      <p className="help">
        {!expected ? `Not measured yet. ${TIMED_STEPS} real steps tell how fast this device is; what they learn is thrown away.`
          : `${expected.from === 'probe' ? `Measured on ${TIMED_STEPS} real steps` : 'Measured on the last steps of the run before'}${expected.scaled ? ', of other settings, and scaled by the tokens of a step' : ''}. Samples written on the way are not counted.`}
      </p>
      <p>
        {measuring
          ? <button type="button" className="small" data-testid="measure-cancel" onClick={() => void configure.stopMeasuring()}>Cancel</button>
          : <button type="button" className="small" data-testid="measure" disabled={!ready || live || wrong} onClick={() => void configure.measure()}>{expected && !expected.scaled && expected.from === 'probe' ? 'Measure again' : `Measure ${TIMED_STEPS} steps`}</button>}
      </p>
    </div>
  );
}
