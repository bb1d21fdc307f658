/** One cursor for all line charts: the step under the pointer, wherever that is. */
import { useSyncExternalStore } from 'react';

export class CursorBus {
  #step: number | null = null;
  readonly #listeners = new Set<() => void>();

  get step(): number | null {
    return this.#step;
  }

  set(step: number | null): void {
    if (step === this.#step) return;
    this.#step = step;
    this.#listeners.forEach((l) => l());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}

export function useCursor(bus: CursorBus): number | null {
  return useSyncExternalStore(bus.subscribe, () => bus.step);
}
