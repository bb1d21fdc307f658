/** A tour of the page: one stop per section, beside the page and not over it. Offered once, there at any time. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { texts } from '../shared/texts';
import { recall, remember } from './remembered';
import { goTo } from './frame/router';
import { PLACE_OF } from './sections';

type Stops = ReturnType<typeof texts>['page']['tour']['stop'];

/** Where the tour stops, in order: at the sections that it has words for. */
const stops = () => Object.keys(texts().page.tour.stop) as (keyof Stops)[];

const listeners = new Set<() => void>();

const wasSeen = () => recall('tour') !== null;

function rememberSeen(): void {
  remember('tour', 'seen');
  listeners.forEach((l) => l());
}

function useSeen(): boolean {
  return useSyncExternalStore((l) => {
    listeners.add(l);
    return () => {
      listeners.delete(l);
    };
  }, wasSeen);
}

/** Gives the focus back to what opens the tour: its button stands in a menu. */
function backTo(opener: HTMLElement | null): void {
  opener?.closest('details')?.querySelector('summary')?.focus({ preventScroll: true });
}

/** A line for those who are here for the first time. */
export function TourInvite() {
  const t = texts().page.tour;
  if (useSeen()) return null;
  return (
    <p className="invite" data-testid="tour-invite">
      {t.invite(stops().length)}
      <button
        type="button"
        className="small"
        onClick={() => document.querySelector<HTMLButtonElement>('[data-testid="tour-start"]')?.click()}
      >
        {t.take}
      </button>
      <button
        type="button"
        className="quiet small"
        onClick={() => {
          rememberSeen();
          backTo(document.querySelector('[data-testid="tour-start"]'));
        }}
        data-testid="tour-decline"
      >
        {t.decline}
      </button>
    </p>
  );
}

export function Tour() {
  const [stop, setStop] = useState<number | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const end = useCallback(() => {
    setStop(null);
    rememberSeen();
    backTo(opener.current);
  }, []);
  useEffect(() => {
    if (stop === null) return;
    const id = stops()[stop];
    const section = document.getElementById(id);
    goTo({ place: PLACE_OF[id] });
    section?.classList.add('tour-here');
    // The new stop is read out; Tab goes on to its buttons.
    title.current?.focus({ preventScroll: true });
    return () => section?.classList.remove('tour-here');
  }, [stop]);
  useEffect(() => {
    if (stop === null) return;
    const key = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape') end();
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [stop, end]);
  const t = texts().page.tour;
  const { length } = stops();
  const words = stop === null ? null : t.stop[stops()[stop]];
  return (
    <>
      <button
        ref={opener}
        type="button"
        className="quiet"
        aria-expanded={stop !== null}
        onClick={() => {
          opener.current?.closest('details')?.removeAttribute('open');
          setStop(0);
        }}
        data-testid="tour-start"
      >
        {t.start}
      </button>
      {stop !== null &&
        words &&
        createPortal(
          <dialog open className="tour" aria-labelledby="tour-title" aria-describedby="tour-text" data-testid="tour">
            <p className="muted num">{t.stopOf(stop + 1, length)}</p>
            <h2 id="tour-title" ref={title} tabIndex={-1}>
              {words.title}
            </h2>
            <p id="tour-text">{words.text}</p>
            <div className="row">
              <button type="button" className="quiet" onClick={end} data-testid="tour-end">
                {t.end}
              </button>
              <span className="spacer" />
              <button type="button" disabled={stop === 0} onClick={() => setStop(stop - 1)}>
                {t.back}
              </button>
              <button
                type="button"
                className="primary"
                onClick={() => (stop + 1 < length ? setStop(stop + 1) : end())}
                data-testid="tour-next"
              >
                {stop + 1 < length ? t.next : t.done}
              </button>
            </div>
          </dialog>,
          document.body,
        )}
    </>
  );
}
