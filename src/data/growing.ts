/** Arrays of numbers that grow: no object per entry, at most half of the memory unused. */
type Numbers = Uint8Array | Uint32Array;

export class Growing<T extends Numbers> {
  #data: T;
  #size = 0;

  /** @param empty an array of the kind that is wanted; its length is the first capacity, at least 1. */
  constructor(empty: T) {
    this.#data = empty;
  }

  get length(): number {
    return this.#size;
  }

  push(value: number): void {
    if (this.#size === this.#data.length) {
      const next = new (this.#data.constructor as new (n: number) => T)(this.#data.length * 2);
      next.set(this.#data);
      this.#data = next;
    }
    this.#data[this.#size++] = value;
  }

  at(i: number): number {
    return this.#data[i];
  }

  /** What was pushed, as a view on the growing memory. */
  view(): T {
    return this.#data.subarray(0, this.#size) as T;
  }
}
