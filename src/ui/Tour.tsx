/** A tour of the page: one stop per section, beside the page and not over it. Offered once, there at any time. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Section } from '../store/slices';
import { recall, remember } from './remembered';

const STOPS: { section: Section; title: string; text: string }[] = [
  { section: 'model', title: 'A small model is open', text: 'It was trained beforehand and lies in this page. What you do here happens on your own GPU; nothing is sent anywhere.' },
  { section: 'data', title: 'What it will learn', text: 'A sample set, or a file of your own. Coloured tokens are the ones that the model is taught; grey ones it only reads. Some examples are held out, to measure on.' },
  { section: 'configure', title: 'What is compared', text: 'Runs that differ in one thing only. LoRA updates every token; TS-LoRA learns a threshold per module and skips the tokens whose update is too small. The defaults do.' },
  { section: 'train', title: 'Watch them learn', text: 'Press Train. Point at a chart, and every chart shows the same step; drag to look closer. Each has a “What is this?” that explains your own numbers. Below, what each run writes as it learns.' },
  { section: 'inspect', title: 'See what is skipped', text: 'Each cell of the map is one module. Choose one to see its sizes and threshold; move the slider back in time. Below, a text token by token: point at a word.' },
  { section: 'compare', title: 'Judge and keep', text: 'The same prompt, answered by the base and by every run. The adapter you like leaves as a file that Python loads.' },
];

const listeners = new Set<() => void>();

const wasSeen = () => recall('tour') !== null;

function rememberSeen(): void {
  remember('tour', 'seen');
  listeners.forEach((l) => l());
}

function useSeen(): boolean {
  return useSyncExternalStore((l) => { listeners.add(l); return () => { listeners.delete(l); }; }, wasSeen);
}

/** A line for those who are here for the first time. */
export function TourInvite() {
  if (useSeen()) return null;
  return (
    <p className="invite" data-testid="tour-invite">
      New here? The tour has {STOPS.length} stops and takes a minute.
      <button type="button" className="small" onClick={() => document.querySelector<HTMLButtonElement>('[data-testid="tour-start"]')?.click()}>Take the tour</button>
      <button type="button" className="quiet small" onClick={() => { rememberSeen(); document.querySelector<HTMLButtonElement>('[data-testid="tour-start"]')?.focus(); }} data-testid="tour-decline">No, thanks</button>
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
    opener.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (stop === null) return;
    const section = document.getElementById(STOPS[stop].section);
    section?.classList.add('tour-here');
    section?.scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth' });
    // The new stop is read out; Tab goes on to its buttons.
    title.current?.focus({ preventScroll: true });
    return () => section?.classList.remove('tour-here');
  }, [stop]);
  useEffect(() => {
    if (stop === null) return;
    const key = (event: globalThis.KeyboardEvent) => { if (event.key === 'Escape') end(); };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [stop, end]);
  return (
    <>
      <button ref={opener} type="button" className="quiet" aria-expanded={stop !== null} onClick={() => setStop(0)} data-testid="tour-start">Tour</button>
      {stop !== null && (
        <dialog open className="tour" aria-labelledby="tour-title" aria-describedby="tour-text" data-testid="tour">
          <p className="muted num">Stop {stop + 1} of {STOPS.length}</p>
          <h2 id="tour-title" ref={title} tabIndex={-1}>{STOPS[stop].title}</h2>
          <p id="tour-text">{STOPS[stop].text}</p>
          <div className="row">
            <button type="button" className="quiet" onClick={end} data-testid="tour-end">End the tour</button>
            <span className="spacer" />
            <button type="button" disabled={stop === 0} onClick={() => setStop(stop - 1)}>Back</button>
            <button type="button" className="primary" onClick={() => (stop + 1 < STOPS.length ? setStop(stop + 1) : end())} data-testid="tour-next">{stop + 1 < STOPS.length ? 'Next' : 'Done'}</button>
          </div>
        </dialog>
      )}
    </>
  );
}
