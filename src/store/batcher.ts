/**
 * Collects a worker's events and applies them together, so that the page is redrawn at most a few times
 * a second however fast the GPU is.
 */
export class EventBatcher<E> {
  readonly #apply: (events: E[]) => void;
  readonly #opens: (event: E) => boolean;
  #queue: E[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #due = Infinity;

  /**
   * @param apply all that is queued, in order
   * @param opens whether an event begins a batch of its own: what takes long to draw is not drawn in one task with more
   */
  constructor(apply: (events: E[]) => void, opens: (event: E) => boolean = () => false) {
    this.#apply = apply;
    this.#opens = opens;
  }

  /** Queues an event; everything queued is applied within `delay` ms. 0 applies at once. */
  push(event: E, delay: number): void {
    this.#queue.push(event);
    if (delay <= 0) {
      this.flush();
      return;
    }
    this.#wait(delay);
  }

  #wait(delay: number): void {
    const due = performance.now() + delay;
    if (due >= this.#due) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#next(), delay);
  }

  /** Applies what is queued up to the next event that begins a batch, and leaves the rest to the next task. */
  #next(): void {
    const end = this.#queue.findIndex((event, i) => i > 0 && this.#opens(event));
    const rest = end > 0 ? this.#queue.splice(end) : [];
    this.flush();
    if (rest.length === 0) return;
    this.#queue.unshift(...rest);
    this.#wait(1);
  }

  /** Applies all that is queued. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = Infinity;
    if (this.#queue.length === 0) return;
    const events = this.#queue;
    this.#queue = [];
    this.#apply(events);
  }
}
