/** A run that was interrupted can go on; and what is saved of the one that runs. */
import { type KeepSlice, isLive } from '../store/slices';
import { ago, count, duration, percent } from './format';
import { useSel, useStudio } from './studioContext';

/** Stands above everything, since it is what whoever comes back looks for. */
export function ResumeOffer() {
  const studio = useStudio();
  const offer = useSel((s) => s.keep.offer);
  const damaged = useSel((s) => s.keep.damaged);
  const resuming = useSel((s) => s.keep.resuming);
  const live = useSel((s) => isLive(s.runs.phase) || s.studies.running !== null);
  const noGpu = useSel((s) => s.model.gpu === 'no-webgpu' || s.model.gpu === 'no-adapter');
  if (live && !resuming) return null;
  if (!offer) return damaged ? <Lost /> : null;
  const { experiment, step, savedAt, model } = offer;
  return (
    <section className="panel resume" aria-labelledby="resume-title" data-testid="resume-offer">
      <div>
        <h2 id="resume-title" className="panel-title">A run was interrupted at step {count(step)} of {count(experiment.train.steps)}</h2>
        <p className="help">
          {experiment.runs.map((r) => r.name).join(', ')} on {model.id}, saved {ago(savedAt)}. It goes on exactly where it was: same curves, same result.
          {damaged && ' The newest checkpoint is incomplete or damaged (its checksum is wrong); this is the one before it.'}
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

/** Nothing that was saved of a run can be read: said, so that nobody waits for it. */
function Lost() {
  const studio = useStudio();
  return (
    <section className="panel resume" aria-labelledby="resume-title" data-testid="resume-lost">
      <div>
        <h2 id="resume-title" className="panel-title">A run was interrupted and cannot go on</h2>
        <p className="help">What was saved of it is incomplete or damaged (its checksum is wrong), and there is no checkpoint before it. Start it again; runs under History are not touched.</p>
      </div>
      <button type="button" className="quiet" data-testid="resume-discard" onClick={() => void studio.checkpoints.discard()}>Discard</button>
    </section>
  );
}

/** Why the run is not saved on the way, or null where it is. */
function unsaved({ mode, problem }: KeepSlice): string | null {
  if (mode === 'reader') return 'another tab of Sieve is open, and only one may write.';
  if (mode === 'off') return 'this browser lets the page keep nothing (a private window, perhaps).';
  return problem && `${problem.message} ${problem.hint}`.trim();
}

/** One quiet line under the buttons of Train. */
export function KeepNote() {
  const keep = useSel((s) => s.keep);
  const live = useSel((s) => isLive(s.runs.phase));
  const paused = useSel((s) => s.runs.phase === 'paused');
  const started = useSel((s) => s.runs.session !== null);
  const why = unsaved(keep);
  if (!started) return null;
  return (
    <>
      {live && why !== null && (
        <p className="unsaved" aria-live="polite" data-testid="keep-note" data-saved={keep.saved?.step}>
          <strong>Not saved on the way:</strong> {why} Training goes on.{keep.saved && ` After a reload it would go on from step ${count(keep.saved.step)}.`}
        </p>
      )}
      {live && why === null && (
        <p className="help" data-testid="keep-note" data-saved={keep.saved?.step}>
          {keep.saved ? `Saved at step ${count(keep.saved.step)}. ${paused ? 'You may close the tab and come back.' : 'After a reload or a crash the run goes on from there. While the tab is hidden the browser may slow it down.'}` : 'Saved on the way.'}
        </p>
      )}
      {keep.away && (
        <p className="help" aria-live="polite" data-testid="away-note">
          While this tab was hidden for {duration(keep.away.ms)}, {keep.away.steps > 0 ? `the run did ${count(keep.away.steps)} ${keep.away.steps === 1 ? 'step' : 'steps'}${keep.away.slower === null ? '.' : `, ${percent(keep.away.slower)} of its pace before: the browser slowed it down. Nothing is lost by that but time.`}` : 'the browser or the computer held the run still. It goes on from the same step; nothing is lost.'}
        </p>
      )}
    </>
  );
}
