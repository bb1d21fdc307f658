/** Texts told apart by 53-bit hashes: a million of them collide once in 20,000 sets. */

/** A hash of a text's UTF-16 units, as a whole number below 2^53 (two FNV-like mixes, after the public "cyrb53"). */
export function hashText(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x9e3779b1);
    b = Math.imul(b ^ c, 0x5f356495);
  }
  return mixed(a, b);
}

/** A hash of whole numbers, as above. */
export function hashNumbers(values: ArrayLike<number>, seed: number): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < values.length; i++) {
    a = Math.imul(a ^ values[i], 0x9e3779b1);
    b = Math.imul(b ^ values[i], 0x5f356495);
    a ^= a >>> 15;
  }
  return mixed(a, b);
}

function mixed(h1: number, h2: number): number {
  let a = Math.imul(h1 ^ (h1 >>> 16), 0x85ebca6b);
  a ^= Math.imul(h2 ^ (h2 >>> 13), 0xc2b2ae35);
  let b = Math.imul(h2 ^ (h2 >>> 16), 0x85ebca6b);
  b ^= Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b & 0x1fffff) * 2 ** 32 + (a >>> 0);
}

/** First index seen with each hash: open addressing in typed arrays, 24 bytes an entry at most. */
export class FirstSeen {
  readonly #keys: Float64Array;
  readonly #index: Uint32Array;
  readonly #mask: number;

  /** @param most number of different hashes that will come. */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, most) * 1.5));
    this.#keys = new Float64Array(size).fill(-1);
    this.#index = new Uint32Array(size);
    this.#mask = size - 1;
  }

  /** The index that came first with this hash: `index` itself when it is new. */
  at(hash: number, index: number): number {
    for (let slot = (hash % 4294967296) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      if (this.#keys[slot] === hash) return this.#index[slot];
      if (this.#keys[slot] !== -1) continue;
      this.#keys[slot] = hash;
      this.#index[slot] = index;
      return index;
    }
  }
}
