/** The run itself: start, pause, stop; where it is, how fast, and the loss of all runs on one axis. */
import { type RunHistory, totalSkipped } from '../store/history';
import { type Phase, type Session, isLive, stepsOf } from '../store/slices';
import { Empty, Later, ProgressLine, RunMark, Scroll, SectionFrame } from './bits';
import { KernelTable } from './KernelTable';
import { KeepNote } from './ResumeOffer';
import { RunSigns } from './RunSigns';
import { Samples } from './Samples';
import { Curves } from './charts/Curves';
import { bytes, count, duration, fixed, percent } from './format';
import { useSel, useStudio } from './studioContext';
import { whyNotTrain } from './whyNotTrain';

export const PHASES: Record<Phase, string> = {
  idle: 'Ready',
  loading: 'Loading',
  checking: 'Checking',
  compiling: 'Preparing the GPU',
  training: 'Training',
  evaluating: 'Measuring on held-out data',
  paused: 'Paused',
  stopped: 'Stopped; what was learnt is kept',
  finished: 'Finished',
  failed: 'Failed',
};

export function TrainSection() {
  const session = useSel((s) => s.runs.session);
  return (
    <SectionFrame id="train" number={4} title="Train" lead="The runs learn side by side, step by step, on the same batches. Lower loss on held-out data is better.">
      <Controls />
      {session ? <Live session={session} /> : <Empty>The loss of every run over its steps, how fast it learns and what it writes appear here.</Empty>}
    </SectionFrame>
  );
}

function Controls() {
  const studio = useStudio();
  const phase = useSel((s) => s.runs.phase);
  const progress = useSel((s) => s.runs.progress);
  const missing = useSel(whyNotTrain);
  const started = useSel((s) => s.runs.session !== null);
  const live = isLive(phase);
  return (
    <div className="stack">
      <div className="row controls">
        <button type="button" className="primary" data-testid="train-button" disabled={live || missing !== null} onClick={() => void studio.start()}>{started && !live ? 'Train again' : 'Train'}</button>
        <button type="button" data-testid="pause-button" disabled={phase !== 'training' && phase !== 'evaluating'} onClick={() => void studio.pause()}>Pause</button>
        <button type="button" data-testid="resume-button" disabled={phase !== 'paused'} onClick={() => void studio.resume()}>Resume</button>
        <button type="button" data-testid="stop-button" disabled={!live} onClick={() => void studio.stop()}>Stop and keep</button>
        <p className="phase"><span className={`dot dot-${phase}`} aria-hidden="true" /><span data-testid="phase" data-phase={phase}>{PHASES[phase]}</span></p>
      </div>
      <div className="train-notes stack tight">
        {!live && missing && <p className="muted" data-testid="train-missing">{missing}</p>}
        {progress && live && <ProgressLine {...progress} unit={progress.total !== null && progress.total > 1e5 ? bytes : undefined} />}
        <KeepNote />
      </div>
    </div>
  );
}

function Live({ session }: { session: Session }) {
  useSel((s) => s.runs.version);
  const phase = useSel((s) => s.runs.phase);
  const { experiment, histories } = session;
  const runs = experiment.runs.map((r) => histories.get(r.id)!);
  const { done, total } = stepsOf(session);
  const speeds = runs.map((r) => r.speed()).filter((s) => s !== null);
  const perStep = speeds.length > 0 ? Math.max(...speeds.map((s) => s.msPerStep)) : null;
  const tokens = speeds.length > 0 ? speeds.reduce((sum, s) => sum + s.tokensPerSecond, 0) : null;
  const moving = phase === 'training' || phase === 'evaluating';
  return (
    <div className="stack">
      <dl className="tally">
        <div><dt>steps</dt><dd className="num" data-testid="step-count">{done} / {total}</dd></div>
        <div><dt>tokens/s, all runs</dt><dd className="num">{count(tokens)}</dd></div>
        <div><dt>a step of every run</dt><dd className="num">{perStep ? `${Math.round(perStep)} ms` : '–'}</dd></div>
        <div><dt>to go</dt><dd className="num">{moving && perStep ? duration((total - done) * perStep) : '–'}</dd></div>
      </dl>
      <progress className="wide" value={done} max={total} aria-label="Steps done" />
      <Later room="curves"><Curves session={session} /></Later>
      <Later room="panel"><Samples session={session} /></Later>
      <Work session={session} runs={runs} />
      <RunSigns session={session} />
      <KernelTable />
    </div>
  );
}

/** Counted adapter work, beside what it is of a whole step. */
function Work({ session, runs }: { session: Session; runs: RunHistory[] }) {
  return (
    <Scroll label="Work of each run">
      <table className="grid" data-testid="work-table">
        <caption>Adapter work, counted from what the GPU was given to do</caption>
        <thead>
          <tr>
            <th scope="col">Run</th><th scope="col" className="num">Loss</th><th scope="col" className="num">Skipped now</th>
            <th scope="col" className="num">Adapter work saved now</th><th scope="col" className="num">so far</th><th scope="col" className="num">of all work so far</th><th scope="col" className="num">Tokens seen</th>
          </tr>
        </thead>
        <tbody>
          {session.experiment.runs.map((run, i) => {
            const h = runs[i];
            const saved = h.workDense > 0 ? 1 - h.workDone / h.workDense : null;
            const ofStep = h.workStep > 0 ? (h.workDense - h.workDone) / h.workStep : null;
            return (
              <tr key={run.id}>
                <th scope="row"><RunMark index={i + 1} />{run.name}{session.failed.has(run.id) && <span className="tag">failed</span>}{h.stopped && <span className="tag" title={`Not better since step ${h.stopped.bestStep} (${fixed(h.stopped.bestLoss)})`}>stopped early, step {h.stopped.step}</span>}</th>
                <td className="num">{h.loss.length > 0 ? fixed(h.loss.at(-1)) : '–'}</td>
                <td className="num">{h.gate ? percent(totalSkipped(h.gate), 1) : 'no gates'}</td>
                <td className="num">{h.gate && h.work ? percent(1 - h.work.done / h.work.dense, 1) : '–'}</td>
                <td className="num" data-testid={`saved-${run.id}`}>{h.gate ? percent(saved, 1) : '–'}</td>
                <td className="num">{h.gate ? percent(ofStep, 2) : '–'}</td>
                <td className="num">{count(h.tokens)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="help">The gate saves work in the adapter only; the frozen layers run for every token, so a whole step saves much less.</p>
    </Scroll>
  );
}
