/**
 * Losses that a session measures without learning: on the dev split, which may choose adapters, scales and ends, and on
 * the validation examples, which decide nothing where there is one.
 */
import { exampleCount } from '../data/batches';
import type { Trainer } from '../engine/trainer';
import { type SessionConfig, isGated, settledFrom } from '../shared/config';
import type { TokenSet } from '../shared/types';
import type { EarlyStopping } from './earlyStopping';
import type { Lock } from './lock';
import type { RunId, TrainEvent } from './protocol';
import { shrink } from './shrink';
import { firstBatches } from './sieve/data';
import type { TrainingData } from './trainingData';

/** What is asked of the loop that is going on. */
export interface Loop {
  trainer(): Trainer;
  /** Optimizer steps that are done. */
  step(): number;
  /** Runs that still learn. */
  live(): RunId[];
  /** Whether it ends without a word. */
  abandoned(): boolean;
  /** It is evaluating now. */
  evaluating(): void;
  /** Does what learns nothing, in less memory where it runs out. */
  withRoom<T>(task: () => Promise<T>): Promise<T>;
}

export interface EvaluatorOptions {
  config: SessionConfig;
  data: TrainingData;
  validation: TokenSet;
  /** Whether every evaluation measures μ on validation tokens, not only the last: it costs their backward pass. */
  measureGates: boolean;
  early: EarlyStopping;
  lock: Lock;
  emit: (event: TrainEvent) => void;
  tookBest: boolean;
}

export class Evaluator {
  /** The best adapters are in their runs' place: only the last evaluation is still owed. */
  tookBest: boolean;
  readonly #loop: Loop;
  readonly #config: SessionConfig;
  readonly #data: TrainingData;
  readonly #validation: TokenSet;
  readonly #measureGates: boolean;
  readonly #early: EarlyStopping;
  readonly #lock: Lock;
  readonly #emit: (event: TrainEvent) => void;

  constructor(loop: Loop, options: EvaluatorOptions) {
    this.#loop = loop;
    this.#config = options.config;
    this.#data = options.data;
    this.#validation = options.validation;
    this.#measureGates = options.measureGates;
    this.#early = options.early;
    this.#lock = options.lock;
    this.#emit = options.emit;
    this.tookBest = options.tookBest;
  }

  /** Loss of runs on the dev split, where one is set aside: what was best so far is kept, and runs may end. */
  async dev(live: readonly RunId[], last = false): Promise<void> {
    const { loadBestCheckpoint, patience, devShare, evalExamples, batchSize } = this.#config.train;
    if (devShare === 0 || !(loadBestCheckpoint || patience !== null) || this.#loop.abandoned() || live.length === 0)
      return;
    this.#loop.evaluating();
    const results = await this.#lock.run(() =>
      this.#loop.withRoom(() => this.#loop.trainer().evaluate(live, this.#data.dev(evalExamples, batchSize))),
    );
    live.forEach((runId, i) => {
      if (!last) this.#stopEarly(runId, results[i].loss);
      if (!loadBestCheckpoint || !this.#isSettled(runId)) return;
      const run = this.#loop.trainer().run(runId);
      run.keepIfBest(this.#loop.step(), results[i].loss);
      if (run.best) this.#emit({ type: 'dev', runId, step: this.#loop.step(), loss: results[i].loss, best: run.best });
    });
  }

  /**
   * Every run ends with its best adapter, where that is kept. Once: looked at again, the best would pass for the last.
   */
  async takeBest(live: readonly RunId[], kept: readonly RunId[]): Promise<void> {
    if (this.tookBest) return;
    await this.dev(live, true);
    if (this.#loop.abandoned()) return;
    await this.#lock.run(async () => {
      for (const runId of kept) await this.#loop.trainer().run(runId).takeBest();
      this.tookBest = true;
    });
  }

  /** Runs that ask for it end at the scale that is best on the dev split. */
  async shrink(kept: readonly RunId[]): Promise<void> {
    const { evalExamples, batchSize } = this.#config.train;
    for (const runId of kept) {
      const { config, scale } = this.#loop.trainer().run(runId);
      if (!config.shrink || scale !== null || this.#loop.abandoned()) continue;
      this.#loop.evaluating();
      const batches = this.#data.dev(evalExamples, batchSize);
      const found = await this.#lock.run(() =>
        this.#loop.withRoom(() =>
          shrink(
            this.#loop.trainer().run(runId),
            async () => (await this.#loop.trainer().evaluate([runId], batches))[0].loss,
          ),
        ),
      );
      this.#emit({ type: 'shrunk', runId, step: this.stepOf(runId), ...found });
    }
  }

  /**
   * Validation loss of runs ('base' among them). The last evaluation, or every one, also measures μ on the validation
   * tokens.
   */
  async validation(runIds: readonly RunId[], last = false): Promise<Map<RunId, number>> {
    this.#loop.evaluating();
    const losses = new Map<RunId, number>();
    const { evalExamples, batchSize, devShare } = this.#config.train;
    const n = Math.min(evalExamples, exampleCount(this.#validation));
    const batches = firstBatches(this.#validation, evalExamples, batchSize);
    const measured = (runId: RunId) =>
      (last || this.#measureGates) && this.#config.runs.some((r) => r.id === runId && isGated(r));
    for (const measure of [false, true]) {
      const ids = runIds.filter((id) => measured(id) === measure);
      if (this.#loop.abandoned() || ids.length === 0) continue;
      const results = await this.#lock.run(() =>
        this.#loop.withRoom(() =>
          this.#loop.trainer().evaluate(
            ids.map((id) => (id === 'base' ? null : id)),
            batches,
            measure,
          ),
        ),
      );
      results.forEach(({ loss, supervised, gate }, i) => {
        losses.set(ids[i], loss);
        this.#emit({
          type: 'eval',
          runId: ids[i],
          step: this.stepOf(ids[i]),
          loss,
          examples: n,
          supervised,
          gate,
        });
      });
      // Where a dev split is set aside, the validation examples decide nothing.
      if (!last && devShare === 0) results.forEach(({ loss }, i) => this.#stopEarly(ids[i], loss));
    }
    return losses;
  }

  /** Steps that a run has learnt: early stopping may have ended it. */
  readonly stepOf = (runId: RunId): number => this.#early.stoppedAt(runId) ?? this.#loop.step();

  /** Whether what a run is now may be what it ends as: not while a late gate is still on its way. */
  #isSettled(runId: RunId): boolean {
    return this.#loop.step() >= settledFrom(this.#loop.trainer().run(runId).config, this.#config.train);
  }

  /** Early stopping on a run's watched loss. The base's, before the first step, is where every run starts. */
  #stopEarly(runId: RunId, loss: number): void {
    for (const id of runId === 'base' ? this.#loop.live() : [runId]) {
      if (!this.#isSettled(id)) continue;
      const end = this.#early.after(id, this.#loop.step(), loss);
      if (end)
        this.#emit({
          type: 'stopped-early',
          runId: id,
          step: this.#loop.step(),
          bestStep: end.bestStep,
          bestLoss: end.best,
        });
    }
  }
}
