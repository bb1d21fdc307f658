/**
 * One cursor for all charts of the page: the step under the pointer, else the one that is selected; see `Selection`.
 */
import { useSyncExternalStore } from 'react';
import type { Studio } from '../../store/studio';
import { useStudio } from '../studioContext';

export interface CursorBus {
  /** The step that charts show; null for the latest. */
  readonly step: number | null;
  /** The step under the pointer; null once it has left. */
  set(step: number | null): void;
  /** Selects a step, for all charts and the address; null selects the latest again. */
  pin(step: number | null): void;
  subscribe(listener: () => void): () => void;
}

const buses = new WeakMap<Studio, CursorBus>();

function busOf(studio: Studio): CursorBus {
  const { store } = studio;
  const stepOf = () => {
    const { pointed, step } = store.getState().selection;
    return pointed.step ?? step;
  };
  return {
    get step() {
      return stepOf();
    },
    set: (step) => {
      if (step !== store.getState().selection.pointed.step) studio.point({ step });
    },
    pin: (step) => {
      studio.point({ step: null });
      studio.select({ step });
    },
    subscribe: (listener) => {
      let before = stepOf();
      return store.subscribe(() => {
        const now = stepOf();
        if (now === before) return;
        before = now;
        listener();
      });
    },
  };
}

/** The page's cursor. */
export function useCursorBus(): CursorBus {
  const studio = useStudio();
  const bus = buses.get(studio) ?? busOf(studio);
  buses.set(studio, bus);
  return bus;
}

export function useCursor(bus: CursorBus): number | null {
  return useSyncExternalStore(bus.subscribe, () => bus.step);
}
