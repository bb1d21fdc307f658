/** A run that was interrupted can go on; and what is saved of the one that runs. */
import { texts } from '../shared/texts';
import { sayError } from '../shared/texts/say';
import { resumesOn, sameBits } from '../store/device';
import { deviceName } from './deviceWords';
import { type KeepSlice, type State, isLive } from '../store/slices';
import { ago, count, duration, percent } from './format';
import { goTo } from './frame/router';
import { Phrase } from './Phrase';
import { useSel, useStudio } from './studioContext';

/**
 * It is known a moment after the page stands: it floats, so that nothing moves for it, and has its place under History.
 * @param onLater puts it away until then; absent where it stays
 */
export function ResumeOffer({ onLater }: { onLater?: () => void }) {
  const studio = useStudio();
  const offer = useSel((s) => s.keep.offer);
  const damaged = useSel((s) => s.keep.damaged);
  const resuming = useSel((s) => s.keep.resuming);
  const live = useSel((s) => isLive(s.runs.phase) || s.experiments.running !== null);
  const modelState = useSel((s) => s.model);
  if (live && !resuming) return null;
  if (!offer) return damaged ? <Lost onLater={onLater} /> : null;
  const { config, step, savedAt, model, data } = offer;
  const t = texts().history.resume;
  return (
    <section className="panel resume" aria-labelledby="resume-title" data-testid="resume-offer">
      <div>
        <h2 id="resume-title" className="panel-title">
          {t.title(count(step), count(config.train.steps))}
        </h2>
        <p className="help">
          {t.saved(config.runs.map((r) => r.name).join(', '), model.id, ago(savedAt))} {data?.name && t.data(data.name)}{' '}
          {damaged && t.damaged} {t.replaced}
        </p>
        <p className="help" data-testid="resume-device">
          {howExact(offer, modelState)}
        </p>
      </div>
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={resuming || modelState.moving !== null}
          data-testid="resume-run"
          onClick={() => {
            goTo({ place: 'train' });
            void studio.checkpoints.resume();
          }}
        >
          {resuming ? t.opening : t.at(count(step))}
        </button>
        <PutAway disabled={resuming} onLater={onLater} />
      </div>
    </section>
  );
}

/** What is saved is thrown away, or left for another day. */
function PutAway({ disabled = false, onLater }: { disabled?: boolean; onLater?: () => void }) {
  const studio = useStudio();
  const t = texts();
  const { discard, later, laterWhere } = t.history.resume;
  return (
    <>
      <button
        type="button"
        className="quiet"
        disabled={disabled}
        data-testid="resume-discard"
        onClick={() => void studio.checkpoints.discard()}
      >
        {discard}
      </button>
      {onLater && (
        <button
          type="button"
          className="quiet"
          title={laterWhere(t.frame.place.history)}
          data-testid="resume-later"
          onClick={onLater}
        >
          {later}
        </button>
      )}
    </>
  );
}

/** Whether it goes on as if nothing had been: on the device that it was computed on last, it does. */
function howExact({ devices }: NonNullable<KeepSlice['offer']>, model: State['model']): string {
  const t = texts().history.resume;
  const [last, here] = [devices.at(-1), resumesOn(model)];
  if (!last) return t.unknown;
  return sameBits(last, here) ? t.exact : t.other(deviceName(last), deviceName(here));
}

/** Nothing that was saved of a run can be read: said, so that nobody waits for it. */
function Lost({ onLater }: { onLater?: () => void }) {
  const t = texts().history.resume;
  return (
    <section className="panel resume" aria-labelledby="resume-title" data-testid="resume-lost">
      <div>
        <h2 id="resume-title" className="panel-title">
          {t.lostTitle}
        </h2>
        <p className="help">{t.lost}</p>
      </div>
      <div className="row">
        <PutAway onLater={onLater} />
      </div>
    </section>
  );
}

/** Why the run is not saved on the way, or null where it is. */
function unsaved({ mode, problem }: KeepSlice): string | null {
  const t = texts().history.saving;
  if (mode === 'reader') return t.reader;
  if (mode === 'off') return t.off;
  if (!problem) return null;
  const { message, hint } = sayError(problem);
  return `${message} ${hint}`.trim();
}

/** One quiet line under the buttons of Train. */
export function KeepNote() {
  const keep = useSel((s) => s.keep);
  const live = useSel((s) => isLive(s.runs.phase));
  const paused = useSel((s) => s.runs.phase === 'paused');
  const started = useSel((s) => s.runs.session !== null);
  const why = unsaved(keep);
  const t = texts().history.saving;
  if (!started) return null;
  return (
    <>
      {live && why !== null && (
        <p className="unsaved" aria-live="polite" data-testid="keep-note" data-saved={keep.saved?.step}>
          <Phrase of={t.not} head={<strong>{t.notHead}</strong>} why={why} />{' '}
          {keep.saved && t.from(count(keep.saved.step))}
        </p>
      )}
      {live && why === null && (
        <p className="help" data-testid="keep-note" data-saved={keep.saved?.step}>
          {keep.saved ? (paused && keep.saved.paused ? t.paused : t.at)(count(keep.saved.step)) : t.onTheWay}
        </p>
      )}
      {keep.away && (
        <p className="help" aria-live="polite" data-testid="away-note">
          {absence(keep.away)}
        </p>
      )}
    </>
  );
}

/** What the run did while nobody saw it. */
function absence({ ms, steps, slower }: NonNullable<KeepSlice['away']>): string {
  const t = texts().history.saving;
  if (steps <= 0) return t.still(duration(ms));
  return slower === null
    ? t.away(duration(ms), steps, count(steps))
    : t.slowed(duration(ms), steps, count(steps), percent(slower));
}
