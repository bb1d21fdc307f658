/**
 * The training set in two parts: what the runs learn from, and a slice that no run learns from, so that those that use it
 * (prices for thresholds, the choice of the best adapter) and those that do not can be compared.
 */
import { BatchOrder, type BatchOrderState, exampleCount, toBatch } from '../data/batches';
import type { TrainConfig } from '../shared/config';
import { TrainError } from '../shared/errors';
import { Rng } from '../shared/rng';
import { message } from '../shared/message';
import type { TokenBatch, TokenSet } from '../shared/types';

/** Where both orders stand, as plain JSON. */
export interface TrainingDataState {
  learn: BatchOrderState;
  slice: BatchOrderState | null;
}

/** Makes the slice's random numbers others than the order's. */
const SLICE_SEED = 0x51ce51ce;

/** Which examples are learnt from, and which are the slice, by the seed alone. @throws {TrainError} where one part would be empty */
export function splitExamples(
  n: number,
  { seed, sliceShare }: Pick<TrainConfig, 'seed' | 'sliceShare'>,
): { learn: number[]; slice: number[] } {
  const all = Array.from({ length: n }, (_, i) => i);
  if (sliceShare === 0) return { learn: all, slice: [] };
  if (n < 2) throw new TrainError(message('train.session.sliceOfOne'));
  const count = Math.min(n - 1, Math.max(1, Math.round(sliceShare * n)));
  const slice = new Set(new Rng((seed ^ SLICE_SEED) >>> 0).shuffle([...all]).slice(0, count));
  return { learn: all.filter((i) => !slice.has(i)), slice: all.filter((i) => slice.has(i)) };
}

/** @throws {TrainError} where there is nothing to learn from, or nothing to evaluate on */
export function refuseEmpty({ train, heldOut }: { train: TokenSet; heldOut: TokenSet }): void {
  if (exampleCount(train) === 0 || exampleCount(heldOut) === 0) throw new TrainError(message('train.session.empty'));
}

/**
 * A row of the embedding that is not there would be read from wherever memory goes on: nothing would fail, and nothing would
 * be true.
 * @param vocab tokens that the model has
 * @throws {TrainError} naming the first id that it has not
 */
export function refuseForeign({ train, heldOut }: { train: TokenSet; heldOut: TokenSet }, vocab: number): void {
  for (const { ids } of [train, heldOut]) {
    for (const id of ids)
      if (id < 0 || id >= vocab) throw new TrainError(message('train.session.foreign', { id, vocab }));
  }
}

export class TrainingData {
  /** Both parts. */
  readonly set: TokenSet;
  readonly #learn: number[];
  readonly #slice: number[];
  readonly #order: BatchOrder;
  readonly #sliceOrder: BatchOrder | null;

  constructor(set: TokenSet, train: Pick<TrainConfig, 'seed' | 'sliceShare'>, state: TrainingDataState | null = null) {
    this.set = set;
    ({ learn: this.#learn, slice: this.#slice } = splitExamples(exampleCount(set), train));
    this.#order = state ? BatchOrder.restore(state.learn) : new BatchOrder(this.#learn.length, train.seed);
    this.#sliceOrder = state?.slice
      ? BatchOrder.restore(state.slice)
      : this.#slice.length > 0
        ? new BatchOrder(this.#slice.length, (train.seed ^ SLICE_SEED) >>> 0)
        : null;
  }

  /** The next batch to learn from. */
  next(size: number): TokenBatch {
    return toBatch(
      this.set,
      this.#order.next(size).map((i) => this.#learn[i]),
    );
  }

  /** What one optimizer step takes: `accumulation` batches, and one of the slice where the step `wantsSlice`. */
  nextStep(
    { batchSize, accumulation }: Pick<TrainConfig, 'batchSize' | 'accumulation'>,
    wantsSlice: boolean,
  ): { batches: TokenBatch[]; slice: TokenBatch | null } {
    const batches = Array.from({ length: accumulation }, () => this.next(batchSize));
    return { batches, slice: wantsSlice ? this.nextOfSlice(batchSize) : null };
  }

  /** The first examples that are learnt from, whatever is next. */
  first(size: number): TokenBatch {
    return toBatch(this.set, this.#learn.slice(0, size));
  }

  /** The next batch of the slice. */
  nextOfSlice(size: number): TokenBatch {
    if (!this.#sliceOrder) throw new TrainError(message('train.session.noSlice'));
    return toBatch(
      this.set,
      this.#sliceOrder.next(size).map((i) => this.#slice[i]),
    );
  }

  /** What is learnt from, at most `limit` examples of it, in batches. */
  learnt(limit: number, size: number): TokenBatch[] {
    return this.#batches(this.#learn, limit, size);
  }

  /** The slice itself, at most `limit` examples of it, in batches. */
  slice(limit: number, size: number): TokenBatch[] {
    return this.#batches(this.#slice, limit, size);
  }

  #batches(part: readonly number[], limit: number, size: number): TokenBatch[] {
    const examples = part.slice(0, limit);
    return Array.from({ length: Math.ceil(examples.length / size) }, (_, i) =>
      toBatch(this.set, examples.slice(i * size, (i + 1) * size)),
    );
  }

  state(): TrainingDataState {
    return { learn: this.#order.state(), slice: this.#sliceOrder?.state() ?? null };
  }
}
