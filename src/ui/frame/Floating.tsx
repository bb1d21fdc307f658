/**
 * What comes up by itself: of a run, from another place, a run that can go on, data that are missing. It floats at the
 * foot, so that nothing that is looked at moves for it; and of several notices one, so that little is covered.
 */
import { type ReactElement, useState } from 'react';
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { hashOf } from '../../store/route';
import type { Notice } from '../../store/slices';
import { NoticeBox } from '../bits';
import { count } from '../format';
import { ResumeOffer } from '../ResumeOffer';
import { WantedFiles } from '../RunData';
import { PLACE_OF, mainPlace } from '../sections';
import { useSel, useStudio } from '../studioContext';

export function Floating() {
  const here = useSel((s) => mainPlace(s.ui.route.place));
  const notices = useSel((s) => s.ui.notices);
  const [later, setLater] = useState(false);
  const shown = notices.flatMap((notice): ReactElement<{ notice: Notice }>[] => {
    if (PLACE_OF[notice.section] !== here) return [<Elsewhere key={notice.id} notice={notice} />];
    return here === 'train' ? [<NoticeBox key={notice.id} notice={notice} />] : [];
  });
  // The newest is what has just happened; an error goes before all else.
  const error = shown.findLastIndex((e) => e.props.notice.kind === 'error');
  const first = error >= 0 ? error : shown.length - 1;
  const rest = shown.filter((_, i) => i !== first);
  return (
    <div className="floating">
      {here !== 'history' && !later && <ResumeOffer onLater={() => setLater(true)} />}
      <WantedFiles />
      {shown[first]}
      {rest.length > 0 && (
        <details className="panel notices-more" data-testid="notices-more">
          <summary>{texts().frame.moreNotices(rest.length, count(rest.length))}</summary>
          {rest}
        </details>
      )}
    </div>
  );
}

/** An error or a warning of a place that is not in sight, with the way there. */
function Elsewhere({ notice: n }: { notice: Notice }) {
  const t = texts();
  const studio = useStudio();
  return (
    <div className={`notice notice-${n.kind}`} role={n.kind === 'error' ? 'alert' : 'status'} data-testid="dock-notice">
      <p>
        {say(n.info)}{' '}
        <a href={hashOf({ place: PLACE_OF[n.section], tab: 'source' })}>
          {t.frame.elsewhere(t.frame.place[PLACE_OF[n.section]])}
        </a>
      </p>
      <button type="button" className="quiet" onClick={() => studio.dismiss(n.id)} aria-label={t.common.notice.dismiss}>
        ✕
      </button>
    </div>
  );
}
