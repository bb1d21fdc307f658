/**
 * Early stopping, per run: a run whose watched loss has not become better for `patience` measurements in a row rests
 * while the others go on. Which loss that is (the dev split, or the evaluation set) is the caller's choice.
 */
import type { RunId } from './protocol';

/** What one run has shown so far. */
export interface Record {
  best: number;
  bestStep: number;
  /** Measurements in a row that were no better than `best`. */
  worse: number;
  /** Step of the latest measurement; −1 before the first. */
  lastStep: number;
  /** Step at which the run was ended; null while it goes on. */
  stoppedAt: number | null;
}

export type EarlyStoppingState = [RunId, Record][];

export class EarlyStopping {
  readonly patience: number | null;
  readonly #records: Map<RunId, Record>;

  /** @param patience null watches nothing; @param state of a session that goes on */
  constructor(patience: number | null, state: EarlyStoppingState = []) {
    this.patience = patience;
    this.#records = new Map(state.map(([id, record]) => [id, { ...record }]));
  }

  /**
   * A loss of `runId` after `step` steps. The record when this ends the run, else null. A NaN counts as no better. The
   * same step again, from a session that repeats a measurement it was interrupted in, changes nothing.
   */
  after(runId: RunId, step: number, loss: number): Record | null {
    if (this.patience === null) return null;
    const record = this.#records.get(runId) ?? {
      best: Infinity,
      bestStep: step,
      worse: 0,
      lastStep: -1,
      stoppedAt: null,
    };
    this.#records.set(runId, record);
    if (record.stoppedAt !== null || record.lastStep === step) return null;
    record.lastStep = step;
    if (loss < record.best) {
      Object.assign(record, { best: loss, bestStep: step, worse: 0 });
      return null;
    }
    record.worse++;
    if (record.worse < this.patience) return null;
    record.stoppedAt = step;
    return { ...record };
  }

  /** Step at which the run was ended; null while it goes on. */
  stoppedAt(runId: RunId): number | null {
    return this.#records.get(runId)?.stoppedAt ?? null;
  }

  state(): EarlyStoppingState {
    return [...this.#records].map(([id, record]) => [id, { ...record }]);
  }
}
