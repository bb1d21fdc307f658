/**
 * What is known as the page opens, under the top bar: on a phone what is trained or why nothing can be, and what a link
 * has set. What comes up by itself is at the foot (`Floating`).
 */
import { texts } from '../../shared/texts';
import { names } from '../../shared/texts/names';
import { isLive } from '../../store/slices';
import { useMedia } from '../charts/useMedia';
import { useSel, useStudio } from '../studioContext';
import { whyNotTrain } from '../whyNotTrain';

export function Dock() {
  return (
    <div className="dock">
      <WhatIsTrained />
      <LinkNote />
    </div>
  );
}

/** What the link that the page was opened with has set; a model of the hub waits for a click. */
function LinkNote() {
  const t = texts();
  const studio = useStudio();
  const link = useSel((s) => s.ui.link);
  const samples = useSel((s) => s.dataset.samples);
  const live = useSel((s) => isLive(s.runs.phase));
  if (!link) return null;
  const data = link.data === null ? null : names.data({ kind: 'sample', id: link.data }, samples);
  const { hub } = link;
  return (
    <div className="notice" aria-live="polite" data-testid="link-note">
      <p>
        {(link.settings || data) && t.frame.link.set(link.settings, hub ? null : link.model, data)}{' '}
        {hub && t.frame.link.hub(hub.id, hub.revision)}
      </p>
      {hub && (
        <button type="button" data-testid="link-open-hub" disabled={live} onClick={() => void studio.openLinked()}>
          {t.frame.link.open(hub.id)}
        </button>
      )}
      <button
        type="button"
        className="quiet"
        onClick={() => studio.closeLinkNote()}
        aria-label={t.common.notice.dismiss}
      >
        ✕
      </button>
    </div>
  );
}

/**
 * The top bar of a phone has no room for it, and touch shows no title. One line in every state: nothing below it moves.
 */
function WhatIsTrained() {
  const phone = useMedia('(max-width: 40rem)');
  const why = useSel((s) => (isLive(s.runs.phase) || s.experiments.running !== null ? null : whyNotTrain(s)));
  const model = useSel((s) => s.model.source?.id);
  const { origin, samples } = useSel((s) => s.dataset);
  if (!phone) return null;
  if (why !== null)
    return (
      <p className="help" data-testid="dock-missing">
        {why}
      </p>
    );
  return <p className="help dock-what">{[model, origin && names.data(origin, samples)].filter(Boolean).join(' · ')}</p>;
}
