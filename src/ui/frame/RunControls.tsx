/** The page's only Train, Pause and Stop, with where the run is and how long it will take. */
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { type SessionView, isLive, stepsOf } from '../../store/slices';
import { count, duration } from '../format';
import { useSel, useStudio } from '../studioContext';
import { whyNotTrain } from '../whyNotTrain';
import { goTo } from './router';

export function RunControls() {
  const t = texts().train;
  const studio = useStudio();
  const phase = useSel((s) => s.runs.phase);
  const missing = useSel(whyNotTrain);
  const started = useSel((s) => s.runs.session !== null);
  // Between two sessions of an experiment nothing else can be trained either.
  const live = useSel((s) => s.experiments.running !== null) || isLive(phase);
  const [action, word] = live
    ? phase === 'paused'
      ? (['resume', t.resume] as const)
      : (['pause', t.pause] as const)
    : (['train', started ? t.again : t.start] as const);
  const press = {
    train: () => {
      goTo({ place: 'train' });
      void studio.training.start();
    },
    pause: () => void studio.training.pause(),
    resume: () => void studio.training.resume(),
  };
  return (
    <div className="bar-run">
      <Progress missing={live ? null : missing} />
      {/* One button with one place: the focus stays on it, whatever it does next. */}
      <button
        type="button"
        className="primary"
        data-testid={`${action}-button`}
        disabled={live ? !isLive(phase) || phase === 'compiling' : missing !== null}
        title={live ? undefined : (missing ?? undefined)}
        onClick={press[action]}
      >
        <span aria-hidden="true" className={`sign sign-${action === 'pause' ? 'pause' : 'run'}`} />
        {word}
      </button>
      <button
        type="button"
        className="bar-stop"
        data-testid="stop-button"
        disabled={!isLive(phase)}
        aria-label={t.stop}
        title={t.stop}
        onClick={() => void studio.training.stop()}
      >
        <span aria-hidden="true" className="sign sign-stop" />
      </button>
    </div>
  );
}

/** Where the run is; before there is one, what is missing for it. */
function Progress({ missing }: { missing: string | null }) {
  const t = texts();
  useSel((s) => s.runs.version);
  const phase = useSel((s) => s.runs.phase);
  const session = useSel((s) => s.runs.session);
  const progress = useSel((s) => s.runs.progress);
  const steps = session && stepsOf(session);
  const busy = progress && isLive(phase) ? progress : null;
  return (
    <div className="bar-progress num">
      {steps && <progress value={steps.done} max={steps.total} aria-label={t.frame.run.progress} />}
      <p className="bar-state">
        <span className={`dot dot-${phase}`} aria-hidden="true" />
        <span data-testid="phase" data-phase={phase}>
          {t.train.phase[phase]}
        </span>
        {steps && <span data-testid="step-count">{t.frame.run.steps(count(steps.done), count(steps.total))}</span>}
        {busy && (
          <span className="bar-busy">
            {say(busy.label)} {busy.total !== null && t.common.of(count(busy.loaded), count(busy.total))}
          </span>
        )}
        {!busy && session && <span>{left(session, phase === 'training' || phase === 'evaluating')}</span>}
        {missing && (
          <span className="bar-missing" data-testid="train-missing">
            {missing}
          </span>
        )}
      </p>
    </div>
  );
}

/** The time that is left, by the speed of the last steps; nothing while nothing moves. */
function left(session: SessionView, moving: boolean): string {
  const speeds = session.config.runs.map((r) => session.metricLogs.get(r.id)?.speed() ?? null);
  const perStep = Math.max(0, ...speeds.map((s) => s?.msPerStep ?? 0));
  if (!moving || perStep === 0) return '';
  const { done, total } = stepsOf(session);
  return texts().frame.run.left(duration((total - done) * perStep));
}
