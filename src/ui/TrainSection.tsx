/** The first view: the session that goes on or has ended; until there is one, a recorded one. */
import { texts } from '../shared/texts';
import { PLACES } from '../store/route';
import { RecordedRun } from './RecordedRun';
import { mainPlace } from './sections';
import { useSel } from './studioContext';
import { LiveView } from './train/LiveView';

export function TrainSection() {
  const t = texts().frame;
  const session = useSel((s) => s.runs.session);
  const shown = useSel((s) => mainPlace(s.ui.route.place) === 'train');
  return (
    <section id="train" className="train" aria-labelledby="train-title" data-route={PLACES.train} hidden={!shown}>
      <h2 id="train-title" className="sr-only" tabIndex={-1}>
        {t.place.train}
      </h2>
      {session ? <LiveView key={session.startedAt} session={session} /> : <RecordedRun />}
    </section>
  );
}
