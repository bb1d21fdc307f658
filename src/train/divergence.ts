/** Notices a run whose training loss climbs above where it began, before it ends in NaN, and says so in plain words. */

/** Memory of the smoothed loss; single batches are too noisy to judge. */
const MEMORY = 0.9;
/** Losses that make up where the run began. */
const START = 5;
/** How far, in nats per token, the smoothed loss must be above the start and above its best. */
const ABOVE_START = 0.5;
const ABOVE_BEST = 1;

export class Divergence {
  #seen = 0;
  #start = 0;
  #sum = 0;
  #weight = 0;
  #best = Infinity;
  #told = false;

  /** What to say after a step with this training loss; null almost always, and told once. */
  after(loss: number): string | null {
    this.#seen++;
    if (this.#seen <= START) this.#start += loss / START;
    this.#sum = MEMORY * this.#sum + (1 - MEMORY) * loss;
    this.#weight = MEMORY * this.#weight + (1 - MEMORY);
    const smooth = this.#sum / this.#weight;
    if (this.#seen < START) return null;
    this.#best = Math.min(this.#best, smooth);
    if (this.#told || smooth < this.#start + ABOVE_START || smooth < this.#best + ABOVE_BEST) return null;
    this.#told = true;
    return `this run is diverging: its training loss has risen to ${smooth.toFixed(2)}, above the ${this.#start.toFixed(2)} it began with. Its updates are too large. A smaller learning rate, or a longer warm-up, usually cures that.`;
  }
}
