/** How many of the kept and of the skipped tokens have an update that helps (μ < 0): the share of noise among updates. */
import type { NoisePoint } from '../shared/study';
import type { GateStats } from '../shared/types';

/** Tokens × modules: kept and skipped ones, and how many of each would help. */
export interface NoiseCounts {
  kept: number;
  keptHelpful: number;
  skipped: number;
  skippedHelpful: number;
}

const NOTHING: NoiseCounts = { kept: 0, keptHelpful: 0, skipped: 0, skippedHelpful: 0 };

/** Adds up steps, all modules together. */
export class NoiseSum {
  #sum: NoiseCounts;

  constructor(from: NoiseCounts = NOTHING) {
    this.#sum = { ...from };
  }

  counts(): NoiseCounts {
    return { ...this.#sum };
  }

  add(gate: GateStats): void {
    for (let m = 0; m < gate.measured.length; m++) {
      // An evaluation without a backward knows no μ.
      if (gate.measured[m] === 0) continue;
      this.#sum.kept += gate.active[m];
      this.#sum.skipped += gate.measured[m] - gate.active[m];
      this.#sum.keptHelpful += gate.keptHelpful[m];
      this.#sum.skippedHelpful += gate.skippedHelpful[m];
    }
  }

  /** What was added since the last call; null when nothing was. */
  take(step: number, fresh: boolean): NoisePoint | null {
    const { kept, keptHelpful, skipped, skippedHelpful } = this.#sum;
    this.#sum = { ...NOTHING };
    if (kept + skipped === 0) return null;
    return {
      step,
      fresh,
      kept: kept > 0 ? keptHelpful / kept : null,
      skipped: skipped > 0 ? skippedHelpful / skipped : null,
    };
  }
}
