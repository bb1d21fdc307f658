/**
 * How many of the active and of the skipped tokens have an update that helps (μ < 0): the share of noise among updates.
 */
import type { NoisePoint } from '../shared/experiment';
import type { GateStats } from '../shared/types';

/** Tokens × modules: active and skipped ones, and how many of each would help. */
export interface NoiseCounts {
  active: number;
  activeHelpful: number;
  skipped: number;
  skippedHelpful: number;
}

const NOTHING: NoiseCounts = { active: 0, activeHelpful: 0, skipped: 0, skippedHelpful: 0 };

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
      this.#sum.active += gate.active[m];
      this.#sum.skipped += gate.measured[m] - gate.active[m];
      this.#sum.activeHelpful += gate.activeHelpful[m];
      this.#sum.skippedHelpful += gate.skippedHelpful[m];
    }
  }

  /** What was added since the last call; null when nothing was. */
  take(step: number, fresh: boolean): NoisePoint | null {
    const { active, activeHelpful, skipped, skippedHelpful } = this.#sum;
    this.#sum = { ...NOTHING };
    if (active + skipped === 0) return null;
    return {
      step,
      fresh,
      active: active > 0 ? activeHelpful / active : null,
      skipped: skipped > 0 ? skippedHelpful / skipped : null,
    };
  }
}
