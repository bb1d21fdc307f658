/**
 * The training set in two parts: what the runs learn from, and a dev split that no run learns from, so that those that
 * use it (gate gradients for thresholds, the choice of the best adapter) and those that do not can be compared.
 */
import { BatchOrder, type BatchOrderState, exampleCount, toBatch } from '../data/batches';
import type { TrainConfig } from '../shared/config';
import { TrainError } from '../shared/errors';
import { Rng } from '../shared/rng';
import { message } from '../shared/message';
import type { ModelDescription } from '../shared/model';
import type { TokenBatch, TokenSet } from '../shared/types';

/** Where both orders stand, as plain JSON. */
export interface TrainingDataState {
  train: BatchOrderState;
  dev: BatchOrderState | null;
}

/** Makes the dev split's random numbers others than the order's. */
const DEV_SEED = 0x51ce51ce;

/**
 * Which examples are learnt from, and which are the dev split, by the seed alone. @throws {TrainError} where one part
 * would be empty
 */
export function splitExamples(
  n: number,
  { seed, devShare }: Pick<TrainConfig, 'seed' | 'devShare'>,
): { train: number[]; dev: number[] } {
  const all = Array.from({ length: n }, (_, i) => i);
  if (devShare === 0) return { train: all, dev: [] };
  if (n < 2) throw new TrainError(message('train.session.devOfOne'));
  const count = Math.min(n - 1, Math.max(1, Math.round(devShare * n)));
  const dev = new Set(new Rng((seed ^ DEV_SEED) >>> 0).shuffle([...all]).slice(0, count));
  return { train: all.filter((i) => !dev.has(i)), dev: all.filter((i) => dev.has(i)) };
}

/** @throws {TrainError} where there is nothing to learn from, or nothing to evaluate on */
export function refuseEmpty({ train, validation }: { train: TokenSet; validation: TokenSet }): void {
  if (exampleCount(train) === 0 || exampleCount(validation) === 0) throw new TrainError(message('train.session.empty'));
}

/**
 * A row of the embedding that is not there would be read from wherever memory goes on: nothing would fail, and nothing
 * would be true.
 * @throws {TrainError} naming the first id that the model has not; also for pictures that are cut otherwise than it
 *   reads them
 */
export function refuseForeign(
  { train, validation }: { train: TokenSet; validation: TokenSet },
  { vocab, embedding }: Pick<ModelDescription, 'vocab' | 'embedding'>,
): void {
  for (const { ids, pictures } of [train, validation]) {
    const [own, wanted] = [pictures?.format, embedding.patches];
    if (own?.side !== wanted?.side || own?.patch !== wanted?.patch)
      throw new TrainError(message('train.session.otherPictures'));
    for (const id of ids)
      if (id < 0 || id >= vocab) throw new TrainError(message('train.session.foreign', { id, vocab }));
  }
}

export class TrainingData {
  /** Both parts. */
  readonly set: TokenSet;
  readonly #train: number[];
  readonly #dev: number[];
  readonly #order: BatchOrder;
  readonly #devOrder: BatchOrder | null;

  constructor(set: TokenSet, train: Pick<TrainConfig, 'seed' | 'devShare'>, state: TrainingDataState | null = null) {
    this.set = set;
    ({ train: this.#train, dev: this.#dev } = splitExamples(exampleCount(set), train));
    this.#order = state ? BatchOrder.restore(state.train) : new BatchOrder(this.#train.length, train.seed);
    this.#devOrder = state?.dev
      ? BatchOrder.restore(state.dev)
      : this.#dev.length > 0
        ? new BatchOrder(this.#dev.length, (train.seed ^ DEV_SEED) >>> 0)
        : null;
  }

  /** The next batch to learn from. */
  next(size: number): TokenBatch {
    return toBatch(
      this.set,
      this.#order.next(size).map((i) => this.#train[i]),
    );
  }

  /**
   * What one optimizer step takes: `gradientAccumulationSteps` batches, and one of the dev split where the step
   * `wantsDev`.
   */
  nextStep(
    { batchSize, gradientAccumulationSteps }: Pick<TrainConfig, 'batchSize' | 'gradientAccumulationSteps'>,
    wantsDev: boolean,
  ): { batches: TokenBatch[]; dev: TokenBatch | null } {
    const batches = Array.from({ length: gradientAccumulationSteps }, () => this.next(batchSize));
    return { batches, dev: wantsDev ? this.nextDevBatch(batchSize) : null };
  }

  /** The first examples that are learnt from, whatever is next. */
  first(size: number): TokenBatch {
    return toBatch(this.set, this.#train.slice(0, size));
  }

  /** The next batch of the dev split. */
  nextDevBatch(size: number): TokenBatch {
    if (!this.#devOrder) throw new TrainError(message('train.session.noDev'));
    return toBatch(
      this.set,
      this.#devOrder.next(size).map((i) => this.#dev[i]),
    );
  }

  /** What is learnt from, at most `limit` examples of it, in batches. */
  learnt(limit: number, size: number): TokenBatch[] {
    return this.#batches(this.#train, limit, size);
  }

  /** The dev split itself, at most `limit` examples of it, in batches. */
  dev(limit: number, size: number): TokenBatch[] {
    return this.#batches(this.#dev, limit, size);
  }

  #batches(part: readonly number[], limit: number, size: number): TokenBatch[] {
    const examples = part.slice(0, limit);
    return Array.from({ length: Math.ceil(examples.length / size) }, (_, i) =>
      toBatch(this.set, examples.slice(i * size, (i + 1) * size)),
    );
  }

  state(): TrainingDataState {
    return { train: this.#order.state(), dev: this.#devOrder?.state() ?? null };
  }
}
