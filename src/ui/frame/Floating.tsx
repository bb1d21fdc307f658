/** What comes up by itself, of a run or from another place: it floats at the foot, so that nothing that is looked at moves for it. */
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { hashOf } from '../../store/route';
import { Notices } from '../bits';
import { PLACE_OF, mainPlace } from '../sections';
import { useSel, useStudio } from '../studioContext';

export function Floating() {
  const training = useSel((s) => mainPlace(s.ui.route.place) === 'train');
  return (
    <div className="floating">
      {training && (
        <>
          <Notices section="train" />
          <Notices section="inspect" />
        </>
      )}
      <Elsewhere />
    </div>
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
