/** One experiment: where its queue is, and everything that it found so far. */
import { useState } from 'react';
import type { Cell, Study } from '../../shared/study';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import { type SessionView, type State, stepsOf } from '../../store/slices';
import { doneJobs, jobCount, PROBE_PLAIN } from '../../store/studies/plan';
import { rankingsOf, resultsOf } from '../../store/studies/results';
import { Later } from '../bits';
import { Phrase } from '../Phrase';
import { useSel, useStudio } from '../studioContext';
import { Classes } from './Classes';
import { Noise } from './Noise';
import { Rankings } from './Rankings';
import { ResultTable, SeedTable } from './ResultTable';
import { saveReport } from './save';
import { verdictsOf } from './verdicts';

export function StudyView({ study, cells }: { study: Study; cells: Cell[] }) {
  const t = texts().experiment.view;
  const results = resultsOf(study, cells, names.ranking);
  const verdicts = verdictsOf(study, cells, results);
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
          <h3>{study.state === 'finished' ? t.shows : t.showsSoFar}</h3>
          <ul className="verdicts" data-testid="verdicts" aria-live="polite">
            {verdicts.map((v) => (
              <li key={v}>{v}</li>
            ))}
            {verdicts.length === 0 && <li>{t.nothing}</li>}
          </ul>
          <p className="help">{t.how(verdicts.length > 2 ? verdicts.length : null)}</p>
          <Later>
            <ResultTable results={results} />
          </Later>
          <SeedTable study={study} cells={cells} />
        </div>
      )}
      {rankings && (
        <Later>
          <Rankings study={study} {...rankings} />
        </Later>
      )}
      <Later>
        <Noise study={study} cells={cells} />
      </Later>
      <Later>
        <Classes study={study} cells={cells} />
      </Later>
    </div>
  );
}

function Queue({ study, cells }: { study: Study; cells: Cell[] }) {
  const t = texts().experiment.view;
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
      <progress
        className="wide"
        value={Math.min(total, done + (done < total ? part : 0))}
        max={total}
        aria-label={t.progress}
      />
      <p className="phase" aria-live="polite">
        <span
          className={`dot dot-${running ? 'training' : study.state === 'finished' ? 'finished' : study.state === 'failed' ? 'failed' : 'paused'}`}
          aria-hidden="true"
        />
        <span data-testid="study-progress" data-done={done} data-total={total}>
          {running
            ? t.running(done, total, now(study, session, phase === 'paused', activity))
            : study.state === 'finished'
              ? t.finished(total, study.seeds.length)
              : study.state === 'failed'
                ? t.failed(done, total, study.problem && say(study.problem))
                : t.waiting(done, total)}
        </span>
      </p>
      {running && steps && phase !== 'finished' && (
        <p className="muted num" aria-hidden="true">
          <Phrase of={t.step(steps.done, steps.total)} train={<a href="#train">{texts().page.section.train}</a>} />
        </p>
      )}
    </>
  );
}

/** What the queue does at the moment, in words that change seldom, since they are read aloud. */
function now(
  study: Study,
  session: SessionView | null,
  paused: boolean,
  activity: State['studies']['activity'],
): string {
  const t = texts().experiment.view;
  if (!session) return t.starting;
  const place = study.seeds.indexOf(session.experiment.train.seed) + 1;
  const { runs } = session.experiment;
  const what = activity
    ? t.activity[activity]
    : runs.some((r) => r.id === PROBE_PLAIN)
      ? t.probing
      : t.training(runs.length);
  return t.now(place, study.seeds.length, paused ? t.paused : what);
}

function Controls({ study, any }: { study: Study; any: boolean }) {
  const t = texts().experiment.view;
  const studio = useStudio();
  const running = useSel((s) => s.studies.running);
  const phase = useSel((s) => s.runs.phase);
  const ready = useSel((s) => s.model.status !== 'opening');
  const [sure, setSure] = useState(false);
  const mine = running === study.id;
  const paused = mine && phase === 'paused';
  return (
    <div className="row">
      {mine && !paused && (
        <button
          type="button"
          data-testid="study-pause"
          disabled={phase !== 'training' && phase !== 'evaluating'}
          onClick={() => void studio.studies.pause()}
        >
          {t.pause}
        </button>
      )}
      {((!mine && study.state !== 'finished') || paused) && (
        <button
          type="button"
          className="primary"
          data-testid="study-resume"
          disabled={(running !== null && !mine) || !ready}
          onClick={() => void studio.studies.resume(study.id)}
        >
          {t.resume}
        </button>
      )}
      {mine && (
        <button type="button" data-testid="study-stop" onClick={() => void studio.studies.stop()}>
          {t.stop}
        </button>
      )}
      <button
        type="button"
        data-testid="study-report"
        disabled={!any}
        onClick={() => void saveReport(study.id, studio.store.getState(), 'html')}
      >
        {t.report}
      </button>
      <button type="button" disabled={!any} onClick={() => void saveReport(study.id, studio.store.getState(), 'csv')}>
        CSV
      </button>
      <button type="button" disabled={!any} onClick={() => void saveReport(study.id, studio.store.getState(), 'json')}>
        JSON
      </button>
      <span className="spacer" />
      {sure ? (
        <>
          <button type="button" data-testid="study-delete-sure" onClick={() => void studio.studies.remove(study.id)}>
            {t.deleteSure}
          </button>
          <button type="button" className="quiet" onClick={() => setSure(false)}>
            {t.cancelDelete}
          </button>
        </>
      ) : (
        <button type="button" className="quiet" data-testid="study-delete" onClick={() => setSure(true)}>
          {t.delete}
        </button>
      )}
      <p className="help wide">
        {mine
          ? t.savedRunning
          : study.state === 'finished'
            ? t.savedFinished
            : study.data.kept
              ? t.savedPaused
              : t.notSaved}
      </p>
    </div>
  );
}
