/**
 * Training on the GPU: any number of adapter runs on one frozen base. Runs that share a pass are stacked, so that the
 * frozen products run once over all their rows; each adapter then works on its own segment. A step is one submit for
 * every such stack; nothing is read back inside it, its statistics arrive when they are ready.
 */
import type { RunConfig, TrainConfig } from '../shared/config';
import { GpuError, OutOfMemoryError } from '../shared/errors';
import type { AdapterWork, GateStats, TokenBatch } from '../shared/types';
import { accountant } from './accounts';
import { AdapterRun } from './adapterRun';
import { placeOf } from './runMemory';
import type { BaseModel } from './base';
import type { Read } from './device/device';
import { dropoutKey } from './kernels/dropout/hash';
import { type Capacity, type StageOptions, batchTotals } from './model/batch';
import { type BatchPart, fitBatches } from './microBatches';
import type { Layout } from './layout';
import { withPlainKernels } from './selfTest';
import { Measurements } from './measurements';
import { firstNonFinite } from './nonFinite';
import { NO_ROWS, Passes, type RunRef } from './passes';

export interface StepResult {
  /** Mean over the supervised tokens of the accumulated batch. */
  loss: number;
  learningRate: number;
  gradNorm: number;
  tokens: number;
  supervised: number;
  /** When it was computed, as `performance.now()`. */
  at: number;
  gate: GateStats | null;
  work: AdapterWork;
}

export interface EvalResult {
  loss: number;
  supervised: number;
  gate: GateStats | null;
}

/** Evaluation batches that are sent before their end is awaited. */
const EVALS_IN_FLIGHT = 8;

/** Of one batch. */
const partsOf = (parts: readonly BatchPart[], of: number) => parts.filter((part) => part.of === of);

export class Trainer {
  /** What is read off the runs without learning. */
  readonly measurements: Measurements;
  readonly #passes: Passes;
  readonly #seed: number;
  readonly #accounts = new Map<string, ReturnType<typeof accountant>>();

  private constructor(passes: Passes, seed: number) {
    this.measurements = new Measurements(passes);
    this.#passes = passes;
    this.#seed = seed;
  }

  /**
   * Allocates for `configs` and compiles everything; a variant that does not compile gives way to the plain one.
   * @throws {GpuError} when the memory does not suffice; nothing stays allocated then.
   */
  static create(base: BaseModel, configs: readonly RunConfig[], train: TrainConfig, layout: Layout): Promise<Trainer> {
    return withPlainKernels(base.device, () => Trainer.#create(base, configs, train, layout));
  }

  static async #create(
    base: BaseModel,
    configs: readonly RunConfig[],
    train: TrainConfig,
    layout: Layout,
  ): Promise<Trainer> {
    const runs: AdapterRun[] = [];
    let trainer: Trainer | null = null;
    try {
      await base.device.withinMemory(() => {
        for (const config of configs) {
          const follows = runs.find((r) => r.config.id === config.gate.follows) ?? null;
          runs.push(new AdapterRun(base, config, train, { place: placeOf(config, configs, train, layout), follows }));
        }
        trainer = new Trainer(new Passes(base, runs, layout), train.seed);
      });
      const made = trainer as unknown as Trainer;
      await Promise.all([
        made.#passes.stack([null]),
        ...made.#passes.groups(configs.map((c) => c.id)).map((ids) => made.#passes.stack(ids)),
      ]);
      for (const run of runs) await run.init();
      return made;
    } catch (error) {
      (trainer as Trainer | null)?.free();
      for (const run of runs) run.free();
      throw error;
    }
  }

  get base(): BaseModel {
    return this.#passes.base;
  }

  get layout(): Layout {
    return this.#passes.layout;
  }

  get capacity(): Capacity {
    return this.#passes.capacity;
  }

  get runs(): AdapterRun[] {
    return this.#passes.runs;
  }

  /** @throws when there is no such run */
  run(runId: string): AdapterRun {
    return this.#passes.run(runId);
  }

  /**
   * One optimizer step of every run in `runIds` over `batches` (its micro-batches); `step` counts from 0. `dev`: a
   * batch of the dev split, for runs that want gate gradients from it (`wantsDev`). Resolves once it is submitted, with
   * the results to come: each resolves when the GPU is through.
   * @throws {OutOfMemoryError} before anything was sent: the step can be repeated in another layout. {GpuError} else
   */
  async step(
    runIds: readonly string[],
    batches: readonly TokenBatch[],
    step: number,
    dev: TokenBatch | null = null,
  ): Promise<Map<string, Promise<StepResult>>> {
    const totals = batchTotals(batches);
    const results = new Map<string, Promise<StepResult>>();
    const parts = fitBatches(batches, this.capacity);
    const options = this.#ofStep(parts, step);
    // What has to be compiled is allocated before the first of them learns anything.
    await Promise.all(this.#passes.groups(runIds).map((ids) => this.#passes.stack(ids)));
    const probed = (what: 'dev' | 'step') => runIds.filter((id) => this.run(id).method.probe(step) === what);
    if (this.wantsDev(runIds, step) && !dev)
      throw new Error('a run wants gate gradients from the dev split, and there is no batch of it');
    if (dev) await this.#probe(probed('dev'), fitBatches([dev], this.capacity), { draw: step });
    await this.#probe(probed('step'), parts, options);
    for (const ids of this.#passes.groups(runIds)) {
      const stack = await this.#passes.stack(ids);
      const rates = ids.map((id) =>
        this.run(id).prepareUpdate(
          step,
          totals.tokens,
          this.run(id).method.probe(step) === 'dev' ? dev!.ids.length : null,
        ),
      );
      await this.#passes.choose(stack, parts, options);
      const counts = this.#passes.stage(parts, totals, ids.length, options);
      let take: () => Promise<Read>;
      try {
        this.#passes.submit((commands) => {
          stack.begin.encode(commands, NO_ROWS);
          this.#passes.accumulate(commands, stack, counts);
          stack.update.encode(commands, NO_ROWS);
          take = this.#passes.copy(commands, stack);
        });
      } catch (error) {
        // Some of the runs have taken the step already.
        if (error instanceof OutOfMemoryError && results.size > 0) throw new GpuError(error);
        throw error;
      }
      const taken = take!().then(({ bytes, at }) => ({ at, all: this.#passes.unpack(stack, bytes) }));
      ids.forEach((id, i) => {
        results.set(
          id,
          taken.then(({ at, all }) => ({
            loss: totals.supervised > 0 ? all[i].lossSum / totals.supervised : 0,
            learningRate: rates[i],
            gradNorm: all[i].gradNorm,
            ...totals,
            at,
            gate: all[i].stats?.gate ?? null,
            work: this.#account(id)(batches, all[i].stats),
          })),
        );
      });
    }
    return results;
  }

  /** Whether any of these runs wants a batch of the dev split before step `step`. */
  wantsDev(runIds: readonly string[], step: number): boolean {
    return runIds.some((id) => this.run(id).method.probe(step) === 'dev');
  }

  /**
   * Measures μ over `batches` before a step: what the backward leaves in the gradients is cleared when the step begins.
   */
  async #probe(runIds: readonly string[], parts: readonly BatchPart[], options: StageOptions): Promise<void> {
    for (const ids of this.#passes.groups(runIds)) {
      const stack = await this.#passes.stack(ids);
      const totals = batchTotals(parts.map((p) => p.batch));
      const counts = this.#passes.stage(parts, totals, ids.length, { ...options, kind: 'probe' });
      this.#passes.submit((commands) => {
        stack.beginProbe.encode(commands, NO_ROWS);
        this.#passes.accumulate(commands, stack, counts);
        stack.endProbe.encode(commands, NO_ROWS);
      });
    }
  }

  /** The draws of a step, and the dropout masks that its batches have, whole or cut. */
  #ofStep(parts: readonly BatchPart[], step: number): StageOptions {
    return { draw: step, dropoutKeys: parts.map(({ of }) => dropoutKey(this.#seed, step, of)) };
  }

  #account(runId: string): ReturnType<typeof accountant> {
    let account = this.#accounts.get(runId);
    if (!account)
      this.#accounts.set(runId, (account = accountant(this.#passes.pass([this.run(runId)]), this.run(runId))));
    return account;
  }

  /**
   * Mean loss over `batches` without learning, of every run in `runIds` (null is the base). With `measure`, gated runs
   * also get μ on these batches (a backward pass whose gradients are thrown away).
   */
  async evaluate(runIds: readonly RunRef[], batches: readonly TokenBatch[], measure = false): Promise<EvalResult[]> {
    const totals = batchTotals(batches);
    const results: EvalResult[] = [];
    for (const ids of this.#passes.groups(runIds)) {
      const stack = await this.#passes.stack(ids);
      const programs = measure ? [stack.forward, stack.lossGradient, stack.backward] : [stack.forward, stack.loss];
      this.#passes.submit((commands) => stack.begin.encode(commands, NO_ROWS));
      const parts = fitBatches(batches, this.capacity);
      for (const [i, part] of parts.entries()) {
        const { of, before } = part;
        if (before === 0) await this.#passes.choose(stack, partsOf(parts, of), {});
        const [counts] = this.#passes.stage([part], totals, ids.length, { kind: 'evaluate', draw: of, after: before });
        this.#passes.submit((commands) => {
          this.#passes.batch.load(commands, 0);
          for (const program of programs) program.encode(commands, counts);
        });
        if (i % EVALS_IN_FLIGHT === EVALS_IN_FLIGHT - 1) await this.base.device.done();
      }
      let take: () => Promise<Read>;
      this.#passes.submit((commands) => {
        if (measure) stack.finish.encode(commands, NO_ROWS);
        take = this.#passes.copy(commands, stack);
      });
      for (const { lossSum, stats } of this.#passes.unpack(stack, (await take!()).bytes)) {
        results.push({
          loss: totals.supervised > 0 ? lossSum / totals.supervised : 0,
          supervised: totals.supervised,
          gate: stats?.gate ?? null,
        });
      }
    }
    return results;
  }

  /**
   * Runs `batches` once more, as in optimizer step `step` (from 0), and names the first tensor that holds a NaN or an
   * infinity, in the order of computation; null when all are finite. What `AdapterRun.state` has is not changed.
   */
  firstNonFinite(runId: string, batches: readonly TokenBatch[], step: number): Promise<string | null> {
    const run = this.run(runId);
    const parts = fitBatches(batches, this.capacity);
    return run.unmoved(() => firstNonFinite(this.#passes, run, parts, this.#ofStep(parts, step)));
  }

  free(): void {
    this.#passes.free();
  }
}
