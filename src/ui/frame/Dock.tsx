/**
 * What cannot wait, under the top bar: on a phone why Train is disabled, a run that can go on, data that are missing, and
 * what went wrong in another place.
 */
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { hashOf } from '../../store/route';
import { isLive } from '../../store/slices';
import { useMedia } from '../charts/useMedia';
import { ResumeOffer } from '../ResumeOffer';
import { WantedFiles } from '../RunData';
import { PLACE_OF, mainPlace } from '../sections';
import { useSel, useStudio } from '../studioContext';
import { whyNotTrain } from '../whyNotTrain';

export function Dock() {
  return (
    <div className="dock">
      <WhyNotTrain />
      <ResumeOffer />
      <WantedFiles />
      <Elsewhere />
    </div>
  );
}

/** The top bar of a phone has no room for it, and touch shows no title. */
function WhyNotTrain() {
  const phone = useMedia('(max-width: 40rem)');
  const why = useSel((s) => (isLive(s.runs.phase) ? null : whyNotTrain(s)));
  return (
    phone &&
    why !== null && (
      <p className="help" data-testid="dock-missing">
        {why}
      </p>
    )
  );
}

/** Errors and warnings of places that are not in sight, each with the way there. */
function Elsewhere() {
  const t = texts();
  const studio = useStudio();
  const notices = useSel((s) => s.ui.notices);
  const here = useSel((s) => mainPlace(s.ui.route.place));
  return notices
    .filter((n) => PLACE_OF[n.section] !== here)
    .map((n) => (
      <div
        key={n.id}
        className={`notice notice-${n.kind}`}
        role={n.kind === 'error' ? 'alert' : 'status'}
        data-testid="dock-notice"
      >
        <p>
          {say(n.info)}{' '}
          <a href={hashOf({ place: PLACE_OF[n.section], tab: 'source' })}>
            {t.frame.elsewhere(t.frame.place[PLACE_OF[n.section]])}
          </a>
        </p>
        <button
          type="button"
          className="quiet"
          onClick={() => studio.dismiss(n.id)}
          aria-label={t.common.notice.dismiss}
        >
          ✕
        </button>
      </div>
    ));
}
