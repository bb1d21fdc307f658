/** Notices a run whose training loss climbs above where it began, before it ends in NaN, and says so in plain words. */
import { texts } from '../shared/texts';

/** Memory of the smoothed loss; single batches are too noisy to judge. */
const MEMORY = 0.9;
/** Losses that make up where the run began. */
const START = 5;
/** How far, in nats per token, the smoothed loss must be above the start and above its best. */
const ABOVE_START = 0.5;
const ABOVE_BEST = 1;

/** What was seen so far, as plain data. */
export interface DivergenceState {
  seen: number;
  start: number;
  sum: number;
  weight: number;
  best: number;
  told: boolean;
}

export class Divergence {
  readonly #s: DivergenceState;

  /** @param state of a session that goes on */
  constructor(state: DivergenceState = { seen: 0, start: 0, sum: 0, weight: 0, best: Infinity, told: false }) {
    this.#s = { ...state };
  }

  state(): DivergenceState {
    return { ...this.#s };
  }

  /** What to say after a step with this training loss; null almost always, and told once. */
  after(loss: number): string | null {
    const s = this.#s;
    s.seen++;
    if (s.seen <= START) s.start += loss / START;
    s.sum = MEMORY * s.sum + (1 - MEMORY) * loss;
    s.weight = MEMORY * s.weight + (1 - MEMORY);
    const smooth = s.sum / s.weight;
    if (s.seen < START) return null;
    s.best = Math.min(s.best, smooth);
    if (s.told || smooth < s.start + ABOVE_START || smooth < s.best + ABOVE_BEST) return null;
    s.told = true;
    return texts().errors.train.warning.diverging(smooth.toFixed(2), s.start.toFixed(2));
  }
}
