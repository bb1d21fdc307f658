/** The run itself: start, pause, stop; where it is, how fast, and the loss of all runs on one axis. */
import { texts } from '../shared/texts';
import { type RunHistory, totalSkipped } from '../store/history';
import { type SessionView, isLive, stepsOf } from '../store/slices';
import { Later, ProgressLine, RunMark, Scroll, SectionFrame } from './bits';
import { KernelTable } from './KernelTable';
import { KeepNote } from './ResumeOffer';
import { RecordedRun } from './RecordedRun';
import { RunData } from './RunData';
import { RunSigns } from './RunSigns';
import { Samples } from './Samples';
import { Curves } from './charts/Curves';
import { bytes, count, duration, fixed, percent } from './format';
import { useSel, useStudio } from './studioContext';
import { whyNotTrain } from './whyNotTrain';

export function TrainSection() {
  const { page, train } = texts();
  const session = useSel((s) => s.runs.session);
  return (
    <SectionFrame id="train" title={page.section.train} lead={train.lead}>
      <Controls />
      {session ? <Live session={session} /> : <RecordedRun />}
    </SectionFrame>
  );
}

function Controls() {
  const t = texts().train;
  const studio = useStudio();
  const phase = useSel((s) => s.runs.phase);
  const progress = useSel((s) => s.runs.progress);
  const missing = useSel(whyNotTrain);
  const started = useSel((s) => s.runs.session !== null);
  const live = isLive(phase);
  return (
    <div className="stack">
      <div className="row controls">
        <button
          type="button"
          className="primary"
          data-testid="train-button"
          disabled={live || missing !== null}
          onClick={() => void studio.start()}
        >
          {started && !live ? t.again : t.start}
        </button>
        <button
          type="button"
          data-testid="pause-button"
          disabled={phase !== 'training' && phase !== 'evaluating'}
          onClick={() => void studio.pause()}
        >
          {t.pause}
        </button>
        <button
          type="button"
          data-testid="resume-button"
          disabled={phase !== 'paused'}
          onClick={() => void studio.resume()}
        >
          {t.resume}
        </button>
        <button type="button" data-testid="stop-button" disabled={!live} onClick={() => void studio.stop()}>
          {t.stop}
        </button>
        <p className="phase">
          <span className={`dot dot-${phase}`} aria-hidden="true" />
          <span data-testid="phase" data-phase={phase}>
            {t.phase[phase]}
          </span>
        </p>
      </div>
      <div className="train-notes stack tight">
        {!live && missing && (
          <p className="muted" data-testid="train-missing">
            {missing}
          </p>
        )}
        <RunData />
        {progress && live && (
          <ProgressLine {...progress} unit={progress.total !== null && progress.total > 1e5 ? bytes : undefined} />
        )}
        <KeepNote />
      </div>
    </div>
  );
}

function Live({ session }: { session: SessionView }) {
  const t = texts().train.tally;
  useSel((s) => s.runs.version);
  const phase = useSel((s) => s.runs.phase);
  const { config, histories } = session;
  const runs = config.runs.map((r) => histories.get(r.id)!);
  const { done, total } = stepsOf(session);
  const speeds = runs.map((r) => r.speed()).filter((s) => s !== null);
  const perStep = speeds.length > 0 ? Math.max(...speeds.map((s) => s.msPerStep)) : null;
  const tokens = speeds.length > 0 ? speeds.reduce((sum, s) => sum + s.tokensPerSecond, 0) : null;
  const moving = phase === 'training' || phase === 'evaluating';
  return (
    <div className="stack">
      <dl className="tally">
        <div>
          <dt>{t.steps}</dt>
          <dd className="num" data-testid="step-count">
            {done} / {total}
          </dd>
        </div>
        <div>
          <dt>{t.tokens}</dt>
          <dd className="num">{count(tokens)}</dd>
        </div>
        <div>
          <dt>{t.perStep}</dt>
          <dd className="num">{perStep ? `${Math.round(perStep)} ms` : '–'}</dd>
        </div>
        <div>
          <dt>{t.left}</dt>
          <dd className="num">{moving && perStep ? duration((total - done) * perStep) : '–'}</dd>
        </div>
      </dl>
      <progress className="wide" value={done} max={total} aria-label={t.done} />
      <Later room="curves">
        <Curves session={session} />
      </Later>
      <Later room="panel">
        <Samples session={session} />
      </Later>
      <Work session={session} runs={runs} />
      <RunSigns session={session} />
      <KernelTable />
    </div>
  );
}

/** Counted adapter work, beside what it is of a whole step. */
function Work({ session, runs }: { session: SessionView; runs: RunHistory[] }) {
  const t = texts().train.work;
  return (
    <Scroll label={t.label}>
      <table className="grid" data-testid="work-table">
        <caption>{t.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t.run}</th>
            <th scope="col" className="num">
              {t.loss}
            </th>
            <th scope="col" className="num">
              {t.skipped}
            </th>
            <th scope="col" className="num">
              {t.savedNow}
            </th>
            <th scope="col" className="num">
              {t.saved}
            </th>
            <th scope="col" className="num">
              {t.ofAll}
            </th>
            <th scope="col" className="num">
              {t.tokens}
            </th>
          </tr>
        </thead>
        <tbody>
          {session.config.runs.map((run, i) => {
            const h = runs[i];
            const saved = h.workDense > 0 ? 1 - h.workDone / h.workDense : null;
            const ofStep = h.workStep > 0 ? (h.workDense - h.workDone) / h.workStep : null;
            return (
              <tr key={run.id}>
                <th scope="row">
                  <RunMark index={i + 1} />
                  {run.name}
                  {session.failed.has(run.id) && <span className="tag">{t.failed}</span>}
                  {h.stopped && (
                    <span className="tag" title={t.notBetter(h.stopped.bestStep, fixed(h.stopped.bestLoss))}>
                      {t.stoppedEarly(h.stopped.step)}
                    </span>
                  )}
                </th>
                <td className="num">{h.loss.length > 0 ? fixed(h.loss.at(-1)) : '–'}</td>
                <td className="num">{h.gate ? percent(totalSkipped(h.gate), 1) : t.noGates}</td>
                <td className="num">{h.gate && h.work ? percent(1 - h.work.done / h.work.dense, 1) : '–'}</td>
                <td className="num" data-testid={`saved-${run.id}`}>
                  {h.gate ? percent(saved, 1) : '–'}
                </td>
                <td className="num">{h.gate ? percent(ofStep, 2) : '–'}</td>
                <td className="num">{count(h.tokens)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="help">{t.help}</p>
    </Scroll>
  );
}
