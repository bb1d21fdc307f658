/**
 * Seeded random numbers, the same on every machine. The generator is sfc32 (Chris Doty-Humphrey's
 * "small fast counting" generator, PractRand), seeded through splitmix32; its whole state is four integers.
 */
export type RngState = [number, number, number, number];

export class Rng {
  #s: Uint32Array;

  constructor(seed: number | RngState) {
    if (Array.isArray(seed)) {
      this.#s = Uint32Array.from(seed);
    } else {
      let x = seed >>> 0;
      const mix = () => {
        x = (x + 0x9e3779b9) >>> 0;
        let z = x;
        z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
        z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
        return (z ^ (z >>> 15)) >>> 0;
      };
      this.#s = Uint32Array.of(mix(), mix(), mix(), 1);
      for (let i = 0; i < 12; i++) this.uint32();
    }
  }

  /** The next integer in [0, 2³²). */
  uint32(): number {
    const s = this.#s;
    const t = (s[0] + s[1] + s[3]) >>> 0;
    s[3] = s[3] + 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + t;
    return t;
  }

  /** A number in [0, 1) with 32 random bits. */
  float(): number {
    return this.uint32() / 4294967296;
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.float() * n);
  }

  /** A uniform number in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** A standard normal number (Box–Muller). */
  normal(): number {
    const u = Math.max(this.float(), 2 ** -33);
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.float());
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends { length: number; [i: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const t = items[i];
      items[i] = items[j];
      items[j] = t;
    }
    return items;
  }

  /** The whole state; `new Rng(state)` goes on from here. */
  state(): RngState {
    return [...this.#s] as RngState;
  }
}
