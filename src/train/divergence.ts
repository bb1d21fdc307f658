/**
 * Notices a run whose training loss climbs above where it began, before it ends in NaN, says so in plain words, and
 * takes it back.
 */
import { type Message, type MessageCode, message } from '../shared/message';

/** Memory of the smoothed loss; single batches are too noisy to judge. */
const MEMORY = 0.9;
/** How far, in nats per token, the smoothed loss must be above the start and above its best. */
const ABOVE_START = 0.5;
const ABOVE_BEST = 1;
/**
 * Losses before which there are too few to smooth: until then, how far they must be above the start and the very first.
 */
const FIRST = 5;
const ABOVE_FIRST = 2;

const NOTHING = { warnings: [], over: [] };

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

  /** Where the run begins: the base's validation loss. A run that blows up at once has no good losses of its own. */
  begin(loss: number): void {
    this.#s.start = loss;
  }

  /**
   * What to say after a step with this training loss: nothing almost always, and each time once.
   * @returns `over`: codes of what was said and holds no longer, since the loss is where it began, or below
   */
  after(loss: number): { warnings: Message[]; over: MessageCode[] } {
    const s = this.#s;
    s.seen++;
    s.sum = MEMORY * s.sum + (1 - MEMORY) * loss;
    s.weight = MEMORY * s.weight + (1 - MEMORY);
    const smooth = s.sum / s.weight;
    const few = s.seen < FIRST;
    // The first loss is of an adapter that does nothing yet: a hard batch, and no divergence.
    s.best = s.seen === 1 || s.seen === FIRST ? smooth : few ? s.best : Math.min(s.best, smooth);
    if (s.told) {
      if (smooth > s.start) return NOTHING;
      s.told = false;
      return { warnings: [], over: ['train.warning.diverging'] };
    }
    const above = few ? [ABOVE_FIRST, ABOVE_FIRST] : [ABOVE_START, ABOVE_BEST];
    if (smooth < s.start + above[0] || smooth < s.best + above[1]) return NOTHING;
    s.told = true;
    return {
      warnings: [message('train.warning.diverging', { loss: smooth.toFixed(2), start: s.start.toFixed(2) })],
      over: [],
    };
  }
}
