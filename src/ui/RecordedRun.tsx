/**
 * A recorded run, in the place of one's own until there is one: it plays at once, so that something moves before
 * anything is pressed.
 */
import { useEffect, useState } from 'react';
import { texts } from '../shared/texts';
import type { RecordedRun as Recording } from '../store/recordedRun';
import { Empty, Skeleton } from './bits';
import { deviceName } from './deviceWords';
import { goTo } from './frame/router';
import { count } from './format';
import { useSel, useStudio } from './studioContext';
import { LiveView } from './train/LiveView';
import { whyNotTrain } from './whyNotTrain';

/** It is over after so many pictures, so far apart in ms. */
const PICTURES = 60;
const APART = 250;

export function RecordedRun() {
  const { train } = texts();
  const studio = useStudio();
  const [recording, setRecording] = useState<Recording | 'none' | null>(null);
  // Whoever has runs of their own, or one to go on with, knows what it looks like.
  const own = useSel((s) => s.keep.runs.length > 0 || s.keep.offer !== null);
  const known = useSel((s) => s.keep.mode !== 'unknown');
  useEffect(() => {
    if (own || !known) return;
    // The page comes first: the file is not small.
    const timer = setTimeout(() => void studio.recordedRun().then((found) => setRecording(found ?? 'none')));
    return () => clearTimeout(timer);
  }, [studio, own, known]);
  if (own || recording === 'none') return <Empty>{train.empty}</Empty>;
  return recording ? <Player recording={recording} /> : <Skeleton room="curves" />;
}

function Player({ recording }: { recording: Recording }) {
  const t = texts().train.recorded;
  const studio = useStudio();
  const missing = useSel(whyNotTrain);
  const { steps } = recording;
  // Whoever wants nothing to move gets the end of it.
  const [picture, setPicture] = useState(() => (matchMedia('(prefers-reduced-motion: reduce)').matches ? PICTURES : 1));
  useEffect(() => {
    if (picture >= PICTURES) return;
    const timer = setTimeout(() => setPicture(picture + 1), APART);
    return () => clearTimeout(timer);
  }, [picture]);
  const step = Math.round((steps * picture) / PICTURES);
  const session = recording.at(step);
  const device = session.devices.at(-1);
  return (
    <section aria-label={t.title} data-testid="recorded-run" data-step={step}>
      <LiveView
        session={session}
        note={
          <div className="verdict recorded" data-testid="recorded-sign">
            <p>
              <strong>{t.title}</strong>{' '}
              {t.what(
                session.config.runs.map((r) => r.name).join(', '),
                session.dataName,
                device ? deviceName(device) : '',
              )}
            </p>
            <p className="row">
              <button
                type="button"
                className="small primary"
                data-testid="recorded-own"
                onClick={() => {
                  if (missing === null) void studio.training.start();
                  else goTo({ place: 'model' });
                }}
              >
                {t.own}
              </button>
              <button type="button" className="quiet small" disabled={picture < PICTURES} onClick={() => setPicture(1)}>
                {t.again}
              </button>
              <span className="num help">{t.step(count(step), count(steps))}</span>
            </p>
          </div>
        }
      />
    </section>
  );
}
