/**
 * Collects a worker's events and applies them together, so that the page is redrawn at most a few times
 * a second however fast the GPU is.
 */
export class EventBatcher<E> {
  readonly #apply: (events: E[]) => void;
  #queue: E[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #due = Infinity;

  constructor(apply: (events: E[]) => void) {
    this.#apply = apply;
  }

  /** Queues an event; everything queued is applied within `delay` ms. 0 applies at once. */
  push(event: E, delay: number): void {
    this.#queue.push(event);
    if (delay <= 0) {
      this.flush();
      return;
    }
    const due = performance.now() + delay;
    if (due >= this.#due) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.flush(), delay);
  }

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
