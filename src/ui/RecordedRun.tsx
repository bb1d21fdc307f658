/** A recorded run, in the place of one's own until there is one: it plays when it is first seen. */
import { useEffect, useRef, useState } from 'react';
import { texts } from '../shared/texts';
import type { RecordedRun as Recording } from '../store/recordedRun';
import { Empty } from './bits';
import { Curves } from './charts/Curves';
import { deviceName } from './deviceWords';
import { count } from './format';
import { useSel, useStudio } from './studioContext';
import { whyNotTrain } from './whyNotTrain';

/** It is over after so many pictures, so far apart in ms. */
const PICTURES = 40;
const APART = 150;

export function RecordedRun() {
  const { train } = texts();
  const studio = useStudio();
  const frame = useRef<HTMLDivElement>(null);
  const [recording, setRecording] = useState<Recording | null>(null);
  // Whoever has runs of their own, or one to go on with, knows what it looks like.
  const wanted = useSel((s) => s.keep.runs.length === 0 && s.keep.offer === null);
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((e) => e.isIntersecting)) return;
      seen.disconnect();
      void studio.recordedRun().then(setRecording);
    });
    if (wanted && frame.current) seen.observe(frame.current);
    return () => seen.disconnect();
  }, [studio, wanted]);
  return <div ref={frame}>{wanted && recording ? <Player recording={recording} /> : <Empty>{train.empty}</Empty>}</div>;
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
    <section className="stack" aria-label={t.title} data-testid="recorded-run" data-step={step}>
      <div className="notice" data-testid="recorded-sign">
        <div>
          <p className="notice-message">
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
              data-testid="recorded-own"
              onClick={() => {
                if (missing === null) void studio.start();
                else document.getElementById('model')?.scrollIntoView();
              }}
            >
              {t.own}
            </button>
            <button type="button" className="quiet" disabled={picture < PICTURES} onClick={() => setPicture(1)}>
              {t.again}
            </button>
            <span className="num help">{t.step(count(step), count(steps))}</span>
          </p>
        </div>
      </div>
      <Curves session={session} />
    </section>
  );
}
