/** Stands in for the browser's `Worker`: which of those that are started say that they live, a test decides. */
import { vi } from 'vitest';
import { ALIVE } from '../startWorker';

/** Says that it lives 50 ms after it was started, and answers what it is given with the same. */
class Played extends EventTarget {
  readonly given: unknown[] = [];
  terminated = false;
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  postMessage(data: unknown, transfer: Transferable[]): void {
    this.given.push(structuredClone(data, { transfer }));
    setTimeout(() => this.say(data), 10);
  }
  terminate(): void {
    this.terminated = true;
  }
}

/**
 * Workers are played until `vi.unstubAllGlobals`, and time as well until `vi.useRealTimers`.
 * @param speaks whether the nth, from 1, says that it lives
 * @returns all that were started, in order
 */
export function playWorkers(speaks: (nth: number) => boolean): Played[] {
  const started: Played[] = [];
  vi.useFakeTimers();
  vi.spyOn(console, 'info').mockImplementation(() => {});
  vi.stubGlobal(
    'Worker',
    class extends Played {
      constructor() {
        super();
        if (speaks(started.push(this))) setTimeout(() => this.say(ALIVE), 50);
      }
    },
  );
  return started;
}
