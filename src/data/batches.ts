/** Token sets → batches, in an order that depends on the seed alone. */
import { DataError } from '../shared/errors';
import { Rng, type RngState } from '../shared/rng';
import { message } from '../shared/message';
import { pictureBytes, scaledPatches } from '../shared/pictures';
import type { Pictures, TokenBatch, TokenSet } from '../shared/types';

/** Where a `BatchOrder` stands, as plain JSON. `rng` is the generator's state before this epoch's shuffle. */
export interface BatchOrderState {
  n: number;
  rng: RngState;
  cursor: number;
}

/** Endless order of example indices: every epoch is a fresh shuffle of all of them. */
export class BatchOrder {
  #n: number;
  #rng: Rng;
  #before: RngState;
  #epoch: Uint32Array;
  #cursor = 0;

  /** @param n number of examples, at least 1. */
  constructor(n: number, seed: number | RngState) {
    if (!Number.isInteger(n) || n < 1) throw new DataError(message('data.examples.none'));
    this.#n = n;
    this.#rng = new Rng(seed);
    this.#before = this.#rng.state();
    this.#epoch = new Uint32Array(n);
    this.#shuffle();
  }

  /** The next k indices; goes on into the next epoch where one ends. */
  next(k: number): number[] {
    const out: number[] = [];
    while (out.length < k) {
      if (this.#cursor === this.#n) this.#shuffle();
      out.push(this.#epoch[this.#cursor++]);
    }
    return out;
  }

  state(): BatchOrderState {
    return { n: this.#n, rng: [...this.#before], cursor: this.#cursor };
  }

  /** Goes on exactly where `state` was taken. */
  static restore(state: BatchOrderState): BatchOrder {
    const order = new BatchOrder(state.n, state.rng);
    order.#cursor = state.cursor;
    return order;
  }

  #shuffle(): void {
    this.#before = this.#rng.state();
    for (let i = 0; i < this.#n; i++) this.#epoch[i] = i;
    this.#rng.shuffle(this.#epoch);
    this.#cursor = 0;
  }
}

/** Number of examples of a set. */
export function exampleCount(set: TokenSet): number {
  return set.offsets.length - 1;
}

/**
 * Puts examples behind one another, without padding. The target of a token is the next token of the same example
 * where that one is supervised, else -1; the last token of an example has none. Of examples with labels the supervised
 * token's own target is the class.
 * @throws {DataError} when an index is out of range or no token of the batch would be trained.
 */
export function toBatch(set: TokenSet, indices: readonly number[]): TokenBatch {
  const starts = new Uint32Array(indices.length + 1);
  indices.forEach((example, s) => {
    if (!(example >= 0 && example < exampleCount(set)))
      throw new DataError(message('data.examples.noSuch', { example }));
    starts[s + 1] = starts[s] + set.offsets[example + 1] - set.offsets[example];
  });
  const rows = starts[indices.length];
  const ids = new Int32Array(rows);
  const targets = new Int32Array(rows).fill(-1);
  let supervised = 0;
  indices.forEach((example, s) => {
    const from = set.offsets[example];
    const length = starts[s + 1] - starts[s];
    ids.set(set.ids.subarray(from, from + length), starts[s]);
    const ahead = set.labels ? 0 : 1;
    for (let t = 0; t + ahead < length; t++) {
      if (set.supervised[from + t + ahead] === 0) continue;
      targets[starts[s] + t] = set.labels ? set.labels.of[example] : set.ids[from + t + 1];
      supervised++;
    }
  });
  if (supervised === 0) throw new DataError(message('data.examples.masked'));
  return { ids, targets, starts, ...(set.pictures && { patches: patchesOf(set.pictures, indices) }) };
}

/**
 * Values of the patches of some examples, as the model is given them; the class token's row, the first of each, has
 * none.
 */
function patchesOf({ format, values }: Pictures, examples: readonly number[]): Float32Array {
  const [each, width] = [pictureBytes(format), pictureBytes({ ...format, side: 1 })];
  const patches = new Float32Array(examples.length * (width + each));
  examples.forEach((example, s) => {
    const own = scaledPatches(values.subarray(example * each, (example + 1) * each), format);
    patches.set(own, s * (width + each) + width);
  });
  return patches;
}
