/** One experiment: where its queue is, and everything that it found so far. */
import { useState } from 'react';
import type { Cell, Study } from '../../shared/study';
import { type Session, stepsOf } from '../../store/slices';
import { doneJobs, jobCount, PROBE_PLAIN } from '../../store/studies/plan';
import { rankingsOf, resultsOf } from '../../store/studies/results';
import { Later } from '../bits';
import { useSel, useStudio } from '../studioContext';
import { Classes } from './Classes';
import { Noise } from './Noise';
import { Rankings } from './Rankings';
import { ResultTable, SeedTable } from './ResultTable';
import { saveReport } from './save';

export function StudyView({ study, cells }: { study: Study; cells: Cell[] }) {
  const results = resultsOf(study, cells);
  const rankings = rankingsOf(study, cells);
  const any = cells.length > 0;
  return (
    <div className="stack" data-testid="study" data-state={study.state}>
      <div className="panel stack">
        <h3>{study.name}</h3>
        <Queue study={study} cells={cells} />
        <Controls study={study} any={any} />
      </div>
      {results.rows.some((r) => r.done + r.failed > 0) && (
        <div className="panel stack">
          <h3>What it shows{study.state === 'finished' ? '' : ' so far'}</h3>
          <ul className="verdicts" data-testid="verdicts" aria-live="polite">
            {results.verdicts.map((v) => <li key={v}>{v}</li>)}
            {results.verdicts.length === 0 && <li>Nothing to compare yet.</li>}
          </ul>
          <p className="help">
            Lower loss is better. ± is a 95 % interval of Student’s t over seeds; differences are paired by seed.
            {results.verdicts.length > 2 && ` With ${results.verdicts.length} comparisons, one that looks clear may still be chance: about one in twenty does.`}
          </p>
          <Later><ResultTable results={results} /></Later>
          <SeedTable study={study} cells={cells} />
        </div>
      )}
      {rankings && <Later><Rankings study={study} {...rankings} /></Later>}
      <Later><Noise study={study} cells={cells} /></Later>
      <Later><Classes study={study} cells={cells} /></Later>
    </div>
  );
}

function Queue({ study, cells }: { study: Study; cells: Cell[] }) {
  const running = useSel((s) => s.studies.running === study.id);
  const session = useSel((s) => s.runs.session);
  const phase = useSel((s) => s.runs.phase);
  const activity = useSel((s) => s.studies.activity);
  useSel((s) => (running ? s.runs.version : 0));
  const [done, total] = [doneJobs(study, cells), jobCount(study)];
  const steps = running && session ? stepsOf(session) : null;
  const part = steps && phase !== 'finished' ? steps.done / steps.total : steps && activity ? 0.99 : 0;
  return (
    <>
      <progress className="wide" value={Math.min(total, done + (done < total ? part : 0))} max={total} aria-label="Sessions done" />
      <p className="phase" aria-live="polite">
        <span className={`dot dot-${running ? 'training' : study.state === 'finished' ? 'finished' : study.state === 'failed' ? 'failed' : 'paused'}`} aria-hidden="true" />
        <span data-testid="study-progress" data-done={done} data-total={total}>
          {running ? `${done} of ${total} sessions done. ${now(study, session, phase === 'paused', activity)}`
            : study.state === 'finished' ? `Finished: ${total} sessions, ${study.seeds.length} ${study.seeds.length === 1 ? 'seed' : 'seeds'}.`
            : study.state === 'failed' ? `Ended after ${done} of ${total} sessions: ${study.problem ?? 'see the message above'}`
            : `${done} of ${total} sessions done; the rest waits.`}
        </span>
      </p>
      {running && steps && phase !== 'finished' && <p className="muted num" aria-hidden="true">step {steps.done} of {steps.total} · live under <a href="#train">Train</a></p>}
    </>
  );
}

/** What the queue does at the moment, in words that change seldom, since they are read aloud. */
function now(study: Study, session: Session | null, paused: boolean, activity: string | null): string {
  if (!session) return 'Starting…';
  const place = study.seeds.indexOf(session.experiment.train.seed) + 1;
  const what = activity ?? (session.experiment.runs.some((r) => r.id === PROBE_PLAIN) ? 'probing the modules' : `training ${session.experiment.runs.length} runs side by side`);
  return `Seed ${place} of ${study.seeds.length}: ${paused ? 'paused' : what}.`;
}

function Controls({ study, any }: { study: Study; any: boolean }) {
  const studio = useStudio();
  const running = useSel((s) => s.studies.running);
  const phase = useSel((s) => s.runs.phase);
  const ready = useSel((s) => s.model.status !== 'opening');
  const [sure, setSure] = useState(false);
  const mine = running === study.id;
  const paused = mine && phase === 'paused';
  return (
    <div className="row">
      {mine && !paused && <button type="button" data-testid="study-pause" disabled={phase !== 'training' && phase !== 'evaluating'} onClick={() => void studio.studies.pause()}>Pause</button>}
      {((!mine && study.state !== 'finished') || paused) && (
        <button type="button" className="primary" data-testid="study-resume" disabled={(running !== null && !mine) || !ready} onClick={() => void studio.studies.resume(study.id)}>Go on</button>
      )}
      {mine && <button type="button" data-testid="study-stop" onClick={() => void studio.studies.stop()}>Stop</button>}
      <button type="button" data-testid="study-report" disabled={!any} onClick={() => saveReport(study.id, studio.store.getState(), 'html')}>Report (HTML)</button>
      <button type="button" disabled={!any} onClick={() => saveReport(study.id, studio.store.getState(), 'csv')}>CSV</button>
      <button type="button" disabled={!any} onClick={() => saveReport(study.id, studio.store.getState(), 'json')}>JSON</button>
      <span className="spacer" />
      {sure
        ? <><button type="button" data-testid="study-delete-sure" onClick={() => void studio.studies.remove(study.id)}>Delete it and its results</button><button type="button" className="quiet" onClick={() => setSure(false)}>Keep it</button></>
        : <button type="button" className="quiet" data-testid="study-delete" onClick={() => setSure(true)}>Delete…</button>}
      <p className="help wide">
        {mine ? 'Finished sessions are kept when the page closes. One that is interrupted starts anew and, having the same seed, gives the same.'
          : study.state === 'finished' ? 'Kept in this browser until you delete it.'
          : study.data.kept ? 'What is finished is kept. Going on starts with the first session that is not.'
          : 'The data were too big to keep: this can go on only while the page stays open.'}
      </p>
    </div>
  );
}
