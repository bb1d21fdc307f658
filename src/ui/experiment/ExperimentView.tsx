/** One experiment: where its queue is, and everything that it found so far. */
import { useState } from 'react';
import type { Cell, Experiment } from '../../shared/experiment';
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { say } from '../../shared/texts/say';
import { type SessionView, type State, stepsOf } from '../../store/slices';
import { hashOf } from '../../store/route';
import { doneJobs, jobCount, PROBE_PLAIN } from '../../store/experiments/plan';
import { rankingsOf, resultsOf } from '../../store/experiments/results';
import { titleOf } from '../../store/experiments/title';
import { Empty, Later } from '../bits';
import { Phrase } from '../Phrase';
import { PlaceTabPanel } from '../PlaceTabs';
import { useSel, useStudio } from '../studioContext';
import { Classes } from './Classes';
import { Noise } from './Noise';
import { Rankings } from './Rankings';
import { evidenceOf } from './evidence';
import { EvidenceFigure, ResultFigures, ResultTable, SeedTable } from './ResultTable';
import { saveReport } from './save';
import { verdictsOf } from './verdicts';

export function ExperimentView({ experiment, cells }: { experiment: Experiment; cells: Cell[] }) {
  const t = texts().experiment.view;
  const results = resultsOf(experiment, cells, names.ranking);
  const verdicts = verdictsOf(experiment, cells, results);
  const rankings = rankingsOf(experiment, cells);
  const evidence = evidenceOf(experiment, results);
  const any = cells.length > 0;
  const measured = results.rows.some((r) => r.done + r.failed > 0);
  const without = <Empty>{t.without}</Empty>;
  const noisy = cells.some((c) => c.noise.length > 0);
  const classed = cells.some((c) => c.classes.length > 0);
  return (
    <div className="parts" data-testid="experiment" data-state={experiment.state}>
      <PlaceTabPanel place="experiments" tab="findings">
        <div className="panel stack tight">
          <h3>{titleOf(experiment, names.experiment)}</h3>
          <Queue experiment={experiment} cells={cells} />
          <Controls experiment={experiment} any={any} />
        </div>
        {measured && (
          <>
            <div className="panel stack tight">
              <h3>{experiment.state === 'finished' ? t.shows : t.showsSoFar}</h3>
              <ul className="verdicts" data-testid="verdicts" aria-live="polite">
                {verdicts.map((v) => (
                  <li key={v}>{v}</li>
                ))}
                {verdicts.length === 0 && <li>{t.nothing}</li>}
              </ul>
              <p className="help">{t.how(verdicts.length > 2 ? verdicts.length : null)}</p>
            </div>
            <div className="panel stack tight results">
              <Later>
                <ResultTable experiment={experiment} cells={cells} results={results} />
                <SeedTable experiment={experiment} cells={cells} />
              </Later>
            </div>
          </>
        )}
      </PlaceTabPanel>
      <PlaceTabPanel place="experiments" tab="figures">
        {measured ? (
          <Later>
            <ResultFigures experiment={experiment} cells={cells} results={results} />
          </Later>
        ) : (
          <Empty>{t.nothing}</Empty>
        )}
      </PlaceTabPanel>
      <PlaceTabPanel place="experiments" tab="evidence">
        {evidence ? (
          <Later>
            <EvidenceFigure evidence={evidence} />
          </Later>
        ) : (
          <Empty>{t.nothing}</Empty>
        )}
      </PlaceTabPanel>
      <PlaceTabPanel place="experiments" tab="modules">
        {rankings ? (
          <Later>
            <Rankings experiment={experiment} {...rankings} />
          </Later>
        ) : (
          without
        )}
      </PlaceTabPanel>
      <PlaceTabPanel place="experiments" tab="noise">
        {noisy ? (
          <Later>
            <Noise experiment={experiment} cells={cells} />
          </Later>
        ) : (
          without
        )}
      </PlaceTabPanel>
      <PlaceTabPanel place="experiments" tab="classes">
        {classed ? (
          <Later>
            <Classes experiment={experiment} cells={cells} />
          </Later>
        ) : (
          without
        )}
      </PlaceTabPanel>
    </div>
  );
}

function Queue({ experiment, cells }: { experiment: Experiment; cells: Cell[] }) {
  const t = texts().experiment.view;
  const running = useSel((s) => s.experiments.running === experiment.id);
  const session = useSel((s) => s.runs.session);
  const phase = useSel((s) => s.runs.phase);
  const activity = useSel((s) => s.experiments.activity);
  useSel((s) => (running ? s.runs.version : 0));
  const [done, total] = [doneJobs(experiment, cells), jobCount(experiment)];
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
          className={`dot dot-${running ? 'training' : experiment.state === 'finished' ? 'finished' : experiment.state === 'failed' ? 'failed' : 'paused'}`}
          aria-hidden="true"
        />
        <span data-testid="experiment-progress" data-done={done} data-total={total}>
          {running
            ? t.running(done, total, now(experiment, session, phase === 'paused', activity))
            : experiment.state === 'finished'
              ? t.finished(total, experiment.seeds.length)
              : experiment.state === 'failed'
                ? t.failed(done, total, experiment.problem && say(experiment.problem))
                : t.waiting(done, total)}
        </span>
      </p>
      {/* There between two sessions and after the last, too: what stands below it stays where it is. */}
      <p className="muted num">
        {running && steps && phase !== 'finished' ? (
          <Phrase
            of={t.step(steps.done, steps.total)}
            train={<a href={hashOf({ place: 'train', tab: 'source' })}>{texts().frame.place.train}</a>}
          />
        ) : (
          '\u00a0'
        )}
      </p>
    </>
  );
}

/** What the queue does at the moment, in words that change seldom, since they are read aloud. */
function now(
  experiment: Experiment,
  session: SessionView | null,
  paused: boolean,
  activity: State['experiments']['activity'],
): string {
  const t = texts().experiment.view;
  if (!session) return t.starting;
  const place = experiment.seeds.indexOf(session.config.train.seed) + 1;
  const { runs } = session.config;
  const what = activity
    ? t.activity[activity]
    : runs.some((r) => r.id === PROBE_PLAIN)
      ? t.probing
      : t.training(runs.length);
  return t.now(place, experiment.seeds.length, paused ? t.paused : what);
}

function Controls({ experiment, any }: { experiment: Experiment; any: boolean }) {
  const t = texts().experiment.view;
  const studio = useStudio();
  const running = useSel((s) => s.experiments.running);
  const phase = useSel((s) => s.runs.phase);
  const ready = useSel((s) => s.model.status !== 'opening');
  const [sure, setSure] = useState(false);
  const mine = running === experiment.id;
  const paused = mine && phase === 'paused';
  // Their room is kept once there is nothing to pause or stop: what stands below stays where it is.
  const over = !mine && experiment.state === 'finished';
  const unseen = over ? ({ visibility: 'hidden' } as const) : undefined;
  return (
    <div className="row">
      <button
        type="button"
        data-testid="experiment-report"
        disabled={!any}
        onClick={() => void saveReport(experiment.id, studio.store.getState(), 'html')}
      >
        {t.report}
      </button>
      <button
        type="button"
        disabled={!any}
        onClick={() => void saveReport(experiment.id, studio.store.getState(), 'csv')}
      >
        CSV
      </button>
      <button
        type="button"
        disabled={!any}
        onClick={() => void saveReport(experiment.id, studio.store.getState(), 'json')}
      >
        JSON
      </button>
      <span className="spacer" />
      {((mine && !paused) || over) && (
        <button
          type="button"
          style={unseen}
          data-testid="experiment-pause"
          disabled={phase !== 'training' && phase !== 'evaluating'}
          onClick={() => void studio.experiments.pause()}
        >
          {t.pause}
        </button>
      )}
      {((!mine && experiment.state !== 'finished') || paused) && (
        <button
          type="button"
          className="primary"
          data-testid="experiment-resume"
          disabled={(running !== null && !mine) || !ready}
          onClick={() => void studio.experiments.resume(experiment.id)}
        >
          {t.resume}
        </button>
      )}
      {(mine || over) && (
        <button
          type="button"
          style={unseen}
          data-testid="experiment-stop"
          onClick={() => void studio.experiments.stop()}
        >
          {t.stop}
        </button>
      )}
      {sure ? (
        <>
          <button
            type="button"
            data-testid="experiment-delete-sure"
            onClick={() => void studio.experiments.remove(experiment.id)}
          >
            {t.deleteSure}
          </button>
          <button type="button" className="quiet" onClick={() => setSure(false)}>
            {t.cancelDelete}
          </button>
        </>
      ) : (
        <button type="button" className="quiet" data-testid="experiment-delete" onClick={() => setSure(true)}>
          {t.delete}
        </button>
      )}
      <p className="help wide">
        {mine
          ? t.savedRunning
          : experiment.state === 'finished'
            ? t.savedFinished
            : experiment.data.kept
              ? t.savedPaused
              : t.notSaved}
      </p>
    </div>
  );
}
