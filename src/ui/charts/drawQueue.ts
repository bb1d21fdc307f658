/**
 * Draws charts one by one, each in a task of its own, so that no task of the page is long; and no chart more often than
 * four times a second, unless a person is waiting for it.
 */

/** Shortest time between two drawings of the same chart, in ms. */
export const DRAW_INTERVAL = 250;

interface Waiting {
  draw: () => void;
  due: number;
}

export class DrawQueue {
  readonly #waiting = new Map<object, Waiting>();
  readonly #drawn = new WeakMap<object, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /**
   * Draws soon; a drawing of `owner` that still waits is replaced. @param urgent a person did something: do not hold it
   * back
   */
  schedule(owner: object, draw: () => void, urgent = false): void {
    const now = performance.now();
    const due = urgent ? now : Math.max(now, (this.#drawn.get(owner) ?? -Infinity) + DRAW_INTERVAL);
    this.#waiting.set(owner, { draw, due: Math.min(due, this.#waiting.get(owner)?.due ?? Infinity) });
    this.#arm();
  }

  cancel(owner: object): void {
    this.#waiting.delete(owner);
  }

  /** Draws everything that waits, at once: what is on the page is about to be printed. */
  flush(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    waiting.forEach(({ draw }) => draw());
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.size === 0) return;
    const due = Math.min(...[...this.#waiting.values()].map((w) => w.due));
    this.#timer = setTimeout(() => this.#next(), Math.max(0, due - performance.now()));
  }

  #next(): void {
    this.#timer = null;
    let first: object | null = null;
    for (const [owner, { due }] of this.#waiting)
      if (first === null || due < this.#waiting.get(first)!.due) first = owner;
    const now = performance.now();
    // Timers may come a little early.
    if (first !== null && this.#waiting.get(first)!.due <= now + 1) {
      const { draw } = this.#waiting.get(first)!;
      this.#waiting.delete(first);
      this.#drawn.set(first, now);
      try {
        draw();
      } finally {
        this.#arm();
      }
      return;
    }
    this.#arm();
  }
}

/** The page's. */
export const drawQueue = new DrawQueue();
globalThis.addEventListener?.('beforeprint', () => drawQueue.flush());
