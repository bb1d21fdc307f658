/**
 * What a screen reader is told, by one live region for the whole page: few words, seldom. Numbers that move all the
 * time stand beside it, in text that is not live.
 */
import { texts } from '../shared/texts';
import { type Phase, isLive } from '../store/slices';

type Listener = (text: string) => void;

const listeners = new Set<Listener>();

/** Says `text` politely; a text that is said again is read again. */
export function say(text: string): void {
  listeners.forEach((l) => l(text));
}

export function onSay(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

const QUARTERS = 4;

/** The quarter that `done` of `total` has passed, in percent; null before the first and where the end is not known. */
export function quarterOf(done: number, total: number | null): number | null {
  if (!total || total <= 0) return null;
  const quarter = Math.min(QUARTERS, Math.floor((done / total) * QUARTERS + 1e-9));
  return quarter > 0 ? (quarter * 100) / QUARTERS : null;
}

/**
 * How a run stands, in words that change at its turns and at each quarter, and never because of a measurement.
 * @param done optimizer steps of `total`
 */
export function runSaid(phase: Phase, done: number, total: number): string {
  const quarter = isLive(phase) && phase !== 'compiling' ? quarterOf(done, total) : null;
  const t = texts().page.said;
  return quarter === null ? t.phase[phase] : t.ofSteps(t.phase[phase], quarter);
}
