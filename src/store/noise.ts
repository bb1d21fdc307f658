/** How many of the kept and of the skipped tokens have an update that helps (μ < 0): the share of noise among updates. */
import type { NoisePoint } from '../shared/study';
import type { GateStats } from '../shared/types';

/** Adds up steps, all modules together. */
export class NoiseSum {
  #kept = 0;
  #keptHelpful = 0;
  #skipped = 0;
  #skippedHelpful = 0;

  add(gate: GateStats): void {
    for (let m = 0; m < gate.measured.length; m++) {
      // An evaluation without a backward knows no μ.
      if (gate.measured[m] === 0) continue;
      this.#kept += gate.active[m];
      this.#skipped += gate.measured[m] - gate.active[m];
      this.#keptHelpful += gate.keptHelpful[m];
      this.#skippedHelpful += gate.skippedHelpful[m];
    }
  }

  /** What was added since the last call; null when nothing was. */
  take(step: number, fresh: boolean): NoisePoint | null {
    const point = this.#kept + this.#skipped === 0 ? null : {
      step, fresh,
      kept: this.#kept > 0 ? this.#keptHelpful / this.#kept : null,
      skipped: this.#skipped > 0 ? this.#skippedHelpful / this.#skipped : null,
    };
    this.#kept = this.#keptHelpful = this.#skipped = this.#skippedHelpful = 0;
    return point;
  }
}
