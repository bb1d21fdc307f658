/** A run that was interrupted can go on; and what is saved of the one that runs. */
import { isLive } from '../store/slices';
import { ago, count, duration } from './format';
import { useSel, useStudio } from './studioContext';

/** Stands above everything, since it is what whoever comes back looks for. */
export function ResumeOffer() {
  const studio = useStudio();
  const offer = useSel((s) => s.keep.offer);
  const damaged = useSel((s) => s.keep.damaged);
  const resuming = useSel((s) => s.keep.resuming);
  const live = useSel((s) => isLive(s.runs.phase) || s.studies.running !== null);
  const noGpu = useSel((s) => s.model.gpu === 'no-webgpu' || s.model.gpu === 'no-adapter');
  if (!offer || (live && !resuming)) return null;
  const { experiment, step, savedAt, model } = offer;
  return (
    <section className="panel resume" aria-labelledby="resume-title" data-testid="resume-offer">
      <div>
        <h2 id="resume-title" className="panel-title">A run was interrupted at step {count(step)} of {count(experiment.train.steps)}</h2>
        <p className="help">
          {experiment.runs.map((r) => r.name).join(', ')} on {model.id}, saved {ago(savedAt)}. It goes on exactly where it was: same curves, same result.
          {damaged && ' The newest checkpoint is damaged (its checksum is wrong); this is the one before it.'}
          {' '}Starting another run replaces it.
        </p>
      </div>
      <div className="row">
        <button
          type="button" className="primary" disabled={resuming || noGpu} data-testid="resume-run"
          onClick={() => {
            document.getElementById('train')?.scrollIntoView();
            void studio.checkpoints.resume();
          }}
        >
          {resuming ? 'Opening…' : `Resume at step ${count(step)}`}
        </button>
        <button type="button" className="quiet" disabled={resuming} data-testid="resume-discard" onClick={() => void studio.checkpoints.discard()}>Discard</button>
      </div>
    </section>
  );
}

/** One quiet line under the buttons of Train. */
export function KeepNote() {
  const keep = useSel((s) => s.keep);
  const live = useSel((s) => isLive(s.runs.phase));
  const paused = useSel((s) => s.runs.phase === 'paused');
  const started = useSel((s) => s.runs.session !== null);
  if (!started) return null;
  return (
    <>
      {live && (
        <p className="help" data-testid="keep-note" data-saved={keep.saved?.step}>
          {keep.mode === 'reader' ? 'Not saved on the way: another tab of Sieve is open, and only one may write.'
            : keep.mode === 'off' ? 'Not saved on the way: this browser lets the page keep nothing (a private window, perhaps).'
            : keep.problem ? `Not saved on the way: ${keep.problem.message} ${keep.problem.hint} Training goes on.`
            : keep.saved ? `Saved at step ${count(keep.saved.step)}. ${paused ? 'You may close the tab and come back.' : 'After a reload or a crash the run goes on from there.'}`
            : 'Saved on the way.'}
        </p>
      )}
      {keep.away && (
        <p className="help" aria-live="polite" data-testid="away-note">
          While this tab was hidden for {duration(keep.away.ms)}, {keep.away.steps > 0 ? `the run did ${count(keep.away.steps)} ${keep.away.steps === 1 ? 'step' : 'steps'}.` : 'the browser or the computer held the run still. It goes on from the same step; nothing is lost.'}
        </p>
      )}
    </>
  );
}
