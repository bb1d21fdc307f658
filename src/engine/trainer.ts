/**
 * Training on the GPU: any number of adapter runs on one frozen base. Runs that share a pass are stacked, so that the
 * frozen products run once over all their rows; each adapter then works on its own segment. A step is one submit for
 * every such stack; nothing is read back inside it, its statistics arrive when they are ready.
 */
import type { RunConfig, TrainConfig } from '../shared/config';
import { GpuError, OutOfMemoryError } from '../shared/errors';
import { logitCount } from '../shared/model';
import type { AdapterWork, GateStats, KernelTime, TokenBatch } from '../shared/types';
import { accountant } from './accounts';
import { AdapterRun, placeOf } from './adapterRun';
import type { MethodStats } from './adapters/method';
import type { BaseModel } from './base';
import type { BufferScope, Tensor } from './device/buffers';
import type { Commands, Read, Readback } from './device/device';
import { type Counts, type Op, Program } from './device/program';
import { readTensor } from './device/device';
import { dropoutKey } from './kernels/dropout/hash';
import {
  type GradActivations,
  type LayerActivations,
  type TopActivations,
  allocate,
  flatTensors,
  gradSizes,
  inputSizes,
  layerSizes,
  topSizes,
} from './model/activations';
import { backward } from './model/backward';
import {
  BatchBuffers,
  type BatchTotals,
  type Capacity,
  type StageOptions,
  batchTotals,
  stackedRows,
  targetStride,
} from './model/batch';
import { forward } from './model/forward';
import { logitStride } from './model/modules';
import { headLoss } from './model/nn/head';
import type { Pass } from './model/nn/pass';
import { AdapterActivations, activationNeeds } from './model/adapterActivations';
import { type BatchPart, fitBatches, isCut } from './microBatches';
import { NonFiniteFinder } from './nonFinite';
import type { Layout } from './layout';
import { withPlainKernels } from './selfTest';

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

/** Gates of one text: per adapted module and token. */
export interface GateMap {
  active: Uint8Array;
  ratio: Float32Array;
}

/** Of one batch, per adapted module and token, modules bottom up. */
export interface TokenGradients {
  tokens: number;
  /** r_i, and μ_i against the mean loss of all batches that were measured together. */
  ratio: Float32Array;
  mu: Float32Array;
}

/** A run by its id; null is the base. */
type RunRef = string | null;

/** Evaluation batches that are sent before their end is awaited. */
const EVALS_IN_FLIGHT = 8;

/** Of one batch. */
const partsOf = (parts: readonly BatchPart[], of: number) => parts.filter((part) => part.of === of);

const equalBytes = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((x, i) => x === b[i]);

/** For programs whose sizes do not depend on the batch. */
const NO_ROWS: Counts = { rows: 0, supervised: 0, segments: 0 };

/** Runs that share a pass, with its compiled programs. */
interface Stack {
  runs: (AdapterRun | null)[];
  pass: Pass;
  begin: Program;
  forward: Program;
  /** Loss without, and with its gradient. */
  loss: Program;
  lossGradient: Program;
  backward: Program;
  /** Completes the gradients of all micro-batches. */
  finish: Program;
  update: Program;
  /** Fills `wholeBatch` of the methods that have one; null where none has. */
  choose: Program | null;
  /** Around a probe. */
  beginProbe: Program;
  endProbe: Program;
  /** What comes back once a step: losses, then of every run its gradient norm and its method's statistics. */
  parts: Tensor[];
}

interface RunReadback {
  lossSum: number;
  gradNorm: number;
  stats: MethodStats | null;
}

export class Trainer {
  readonly base: BaseModel;
  readonly layout: Layout;
  readonly #seed: number;
  readonly #scope: BufferScope;
  readonly #batch: BatchBuffers;
  readonly #saved: AdapterActivations;
  readonly #layers: LayerActivations[];
  readonly #top: TopActivations;
  readonly #grads: GradActivations;
  readonly #runs = new Map<string, AdapterRun>();
  readonly #stacks = new Map<string, Promise<Stack>>();
  readonly #readback: Readback;
  readonly #accounts = new Map<string, ReturnType<typeof accountant>>();

  private constructor(base: BaseModel, runs: AdapterRun[], seed: number, layout: Layout) {
    const { device, config } = base;
    const { capacity } = layout;
    const sharing = layout.recompute ? 'layers' : 'none';
    this.base = base;
    this.layout = layout;
    this.#seed = seed;
    this.#scope = device.buffers.scope('train');
    try {
      this.#batch = new BatchBuffers(device, this.#scope, capacity, layout.microBatches);
      this.#saved = new AdapterActivations(this.#scope, config, {
        capacity,
        needs: activationNeeds(runs, sharing),
        sharing,
      });
      const sizes = layerSizes(config, capacity);
      const scratch = layout.recompute ? allocate(this.#scope, 'layer.', sizes) : null;
      this.#layers = config.layers.map((_, l) => ({
        ...allocate(this.#scope, `layers.${l}.`, inputSizes(config, capacity)),
        ...(scratch ?? allocate(this.#scope, `layers.${l}.`, sizes)),
      }));
      this.#top = allocate(this.#scope, '', topSizes(config, capacity));
      this.#grads = allocate(this.#scope, 'grad.', gradSizes(config, capacity));
    } catch (error) {
      this.#scope.free();
      throw error;
    }
    for (const run of runs) this.#runs.set(run.config.id, run);
    // One size for whatever comes back, so that every stack shares the same few buffers.
    this.#readback = device.readback(
      'step',
      this.#parts(runs).reduce((sum, t) => sum + t.size, 0),
    );
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
        trainer = new Trainer(base, runs, train.seed, layout);
      });
      const made = trainer as unknown as Trainer;
      await Promise.all([
        made.#stack([null]),
        ...made.#groups(configs.map((c) => c.id)).map((ids) => made.#stack(ids)),
      ]);
      for (const run of runs) await run.init();
      return made;
    } catch (error) {
      (trainer as Trainer | null)?.free();
      for (const run of runs) run.free();
      throw error;
    }
  }

  /** Runs in groups that share a pass. */
  #groups<T>(ids: readonly T[]): T[][] {
    const { segments } = this.layout.capacity;
    return Array.from({ length: Math.ceil(ids.length / segments) }, (_, i) =>
      ids.slice(i * segments, (i + 1) * segments),
    );
  }

  #stack(ids: readonly RunRef[]): Promise<Stack> {
    const key = ids.map((id) => id ?? '').join();
    let stack = this.#stacks.get(key);
    if (!stack) this.#stacks.set(key, (stack = this.#compile(ids.map((id) => (id === null ? null : this.run(id))))));
    return stack;
  }

  async #compile(runs: (AdapterRun | null)[]): Promise<Stack> {
    const { device } = this.base;
    const program = (label: string, ops: Op[]) => new Program(device, this.#scope, label, ops).compile();
    const pass = this.#pass(runs);
    const adapted = runs.filter((run) => run !== null);
    const chooses = adapted.some((run) => run.method.wholeBatch);
    const [begin, forwards, choose, loss, lossGradient, backwards, finish, update, beginProbe, endProbe] =
      await Promise.all([
        program('begin', [{ clear: this.#batch.lossTotal }, ...adapted.flatMap((run) => run.begin())]),
        program('forward', forward(pass)),
        chooses ? program('choose', forward({ ...pass, choosing: true })) : null,
        program('loss', headLoss(pass, false)),
        program('loss and gradient', adapted.length > 0 ? headLoss(pass, true) : []),
        program('backward', adapted.length > 0 ? backward(pass) : []),
        program(
          'finish',
          adapted.flatMap((run) => run.finish()),
        ),
        program(
          'update',
          runs.flatMap((run, segment) => run?.update(this.#batch.lossTotal, segment) ?? []),
        ),
        program('begin probe', [
          { clear: this.#batch.lossTotal },
          ...adapted.flatMap((run) => run.method.beginProbe()),
        ]),
        program(
          'end probe',
          adapted.flatMap((run) => run.method.endProbe()),
        ),
      ]);
    return {
      runs,
      pass,
      begin,
      forward: forwards,
      choose,
      loss,
      lossGradient,
      backward: backwards,
      finish,
      update,
      beginProbe,
      endProbe,
      parts: this.#parts(adapted),
    };
  }

  #parts(runs: readonly AdapterRun[]): Tensor[] {
    return [this.#batch.lossTotal, ...runs.flatMap((run) => [run.norm, ...run.method.stats()])];
  }

  #pass(runs: (AdapterRun | null)[]): Pass {
    const { device, config, weights, ropeTables } = this.base;
    const kept = this.#saved.of(runs);
    return {
      device,
      config,
      weights,
      ropeTables,
      batch: this.#batch,
      layers: this.#layers,
      top: this.#top,
      grads: this.#grads,
      segments: runs.map(
        (run, segment) =>
          run && {
            method: run.method,
            modules: run.modules,
            saved: kept[segment]!,
            scratch: this.#saved.scratch[segment],
            whole: run.whole,
          },
      ),
      cache: null,
      frozenGradient: this.#saved.frozenGradient,
      record: true,
      recompute: this.layout.recompute,
    };
  }

  get capacity(): Capacity {
    return this.layout.capacity;
  }

  get runs(): AdapterRun[] {
    return [...this.#runs.values()];
  }

  run(runId: string): AdapterRun {
    const found = this.#runs.get(runId);
    if (!found) throw new Error(`no run "${runId}"`);
    return found;
  }

  #submit(record: (commands: Commands) => void): void {
    this.base.device.submit('train', record);
  }

  /**
   * One optimizer step of every run in `runIds` over `batches` (its micro-batches); `step` counts from 0. `dev`: a batch
   * of the dev split, for runs that want gate gradients from it (`wantsDev`). Resolves once it is submitted, with the results to
   * come: each resolves when the GPU is through.
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
    await Promise.all(this.#groups(runIds).map((ids) => this.#stack(ids)));
    const probed = (what: 'dev' | 'step') => runIds.filter((id) => this.run(id).method.probe(step) === what);
    if (this.wantsDev(runIds, step) && !dev)
      throw new Error('a run wants gate gradients from the dev split, and there is no batch of it');
    if (dev) await this.#probe(probed('dev'), fitBatches([dev], this.capacity), { draw: step });
    await this.#probe(probed('step'), parts, options);
    for (const ids of this.#groups(runIds)) {
      const stack = await this.#stack(ids);
      const rates = ids.map((id) =>
        this.run(id).prepareUpdate(
          step,
          totals.tokens,
          this.run(id).method.probe(step) === 'dev' ? dev!.ids.length : null,
        ),
      );
      await this.#choose(stack, parts, options);
      const counts = this.#stage(parts, totals, ids.length, options);
      let take: () => Promise<Read>;
      try {
        this.#submit((commands) => {
          stack.begin.encode(commands, NO_ROWS);
          this.#accumulate(commands, stack, counts);
          stack.update.encode(commands, NO_ROWS);
          take = this.#readback.copy(commands, stack.parts);
        });
      } catch (error) {
        // Some of the runs have taken the step already.
        if (error instanceof OutOfMemoryError && results.size > 0) throw new GpuError(error);
        throw error;
      }
      const taken = take!().then(({ bytes, at }) => ({ at, all: this.#unpack(stack, bytes) }));
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

  /** Measures μ over `batches` before a step: what the backward leaves in the gradients is cleared when the step begins. */
  async #probe(runIds: readonly string[], parts: readonly BatchPart[], options: StageOptions): Promise<void> {
    for (const ids of this.#groups(runIds)) {
      const stack = await this.#stack(ids);
      const totals = batchTotals(parts.map((p) => p.batch));
      const counts = this.#stage(parts, totals, ids.length, { ...options, kind: 'probe' });
      this.#submit((commands) => {
        stack.beginProbe.encode(commands, NO_ROWS);
        this.#accumulate(commands, stack, counts);
        stack.endProbe.encode(commands, NO_ROWS);
      });
    }
  }

  /** The draws of a step, and the dropout masks that its batches have, whole or cut. */
  #ofStep(parts: readonly BatchPart[], step: number): StageOptions {
    return { draw: step, dropoutKeys: parts.map(({ of }) => dropoutKey(this.#seed, step, of)) };
  }

  #stage(parts: readonly BatchPart[], totals: BatchTotals, segments: number, options: StageOptions): Counts[] {
    const batches = parts.map((p) => p.batch);
    return this.#batch.stage(batches, totals, segments, { ...options, cuts: parts });
  }

  /**
   * Lets gates that choose among the tokens of a whole batch see all of its parts. A module's r follows from what the modules
   * below it chose, so every round makes at least one more of them right, and what a round leaves as it was is right.
   */
  async #choose(stack: Stack, parts: readonly BatchPart[], options: StageOptions): Promise<void> {
    const { choose, runs } = stack;
    if (!choose || !parts.some(isCut)) return;
    const seen = runs.flatMap((run) => run?.method.wholeBatch ?? []);
    const rounds = 1 + Math.max(...runs.map((run) => run?.modules.length ?? 0));
    let before: Uint8Array[] = [];
    for (let round = 0; round < rounds; round++) {
      const counts = this.#stage(parts, { tokens: 0, supervised: 0 }, runs.length, { ...options, kind: 'probe' });
      this.#submit((commands) =>
        counts.forEach((count, i) => {
          this.#batch.load(commands, i);
          choose.encode(commands, count);
        }),
      );
      const now = await Promise.all(seen.map(async (t) => new Uint8Array(await readTensor(this.base.device, t))));
      if (before.length > 0 && now.every((bytes, i) => equalBytes(bytes, before[i]))) return;
      before = now;
    }
  }

  #account(runId: string): ReturnType<typeof accountant> {
    let account = this.#accounts.get(runId);
    if (!account) this.#accounts.set(runId, (account = accountant(this.#pass([this.run(runId)]), this.run(runId))));
    return account;
  }

  /** Forward, loss and backward of every staged micro-batch; gradients and statistics add up. */
  #accumulate(commands: Commands, stack: Stack, counts: readonly Counts[]): void {
    counts.forEach((count, i) => {
      this.#batch.load(commands, i);
      for (const program of [stack.forward, stack.lossGradient, stack.backward]) program.encode(commands, count);
    });
    stack.finish.encode(commands, NO_ROWS);
  }

  /** What `stack.parts` say of every stacked run. */
  #unpack(stack: Stack, bytes: ArrayBuffer): RunReadback[] {
    const losses = new Float32Array(bytes, 0, stack.runs.length);
    let at = this.#batch.lossTotal.size;
    return stack.runs.map((run, i) => {
      if (!run) return { lossSum: losses[i], gradNorm: 0, stats: null };
      const [gradNorm] = new Float32Array(bytes, at, 1);
      const statBytes = run.method.stats().reduce((sum, t) => sum + t.size, 0);
      const stats = run.method.readStats(bytes.slice(at + run.norm.size, at + run.norm.size + statBytes));
      at += run.norm.size + statBytes;
      return { lossSum: losses[i], gradNorm, stats };
    });
  }

  /**
   * Mean loss over `batches` without learning, of every run in `runIds` (null is the base). With `measure`, gated runs
   * also get μ on these batches (a backward pass whose gradients are thrown away).
   */
  async evaluate(runIds: readonly RunRef[], batches: readonly TokenBatch[], measure = false): Promise<EvalResult[]> {
    const totals = batchTotals(batches);
    const results: EvalResult[] = [];
    for (const ids of this.#groups(runIds)) {
      const stack = await this.#stack(ids);
      const programs = measure ? [stack.forward, stack.lossGradient, stack.backward] : [stack.forward, stack.loss];
      this.#submit((commands) => stack.begin.encode(commands, NO_ROWS));
      const parts = fitBatches(batches, this.capacity);
      for (const [i, part] of parts.entries()) {
        const { of, before } = part;
        if (before === 0) await this.#choose(stack, partsOf(parts, of), {});
        const [counts] = this.#stage([part], totals, ids.length, { kind: 'evaluate', draw: of, after: before });
        this.#submit((commands) => {
          this.#batch.load(commands, 0);
          for (const program of programs) program.encode(commands, counts);
        });
        if (i % EVALS_IN_FLIGHT === EVALS_IN_FLIGHT - 1) await this.base.device.done();
      }
      let take: () => Promise<Read>;
      this.#submit((commands) => {
        if (measure) stack.finish.encode(commands, NO_ROWS);
        take = this.#readback.copy(commands, stack.parts);
      });
      for (const { lossSum, stats } of this.#unpack(stack, (await take!()).bytes)) {
        results.push({
          loss: totals.supervised > 0 ? lossSum / totals.supervised : 0,
          supervised: totals.supervised,
          gate: stats?.gate ?? null,
        });
      }
    }
    return results;
  }

  /** Loss of every target of `batch`, in order, under every run in `runIds`. Learns nothing. */
  async targetLosses(runIds: readonly RunRef[], batch: TokenBatch): Promise<Float32Array[]> {
    const losses = runIds.map(() => new Float32Array(batchTotals([batch]).supervised));
    await this.#eachPart(runIds, batch, async ({ run, count, before, supervised }) => {
      const all = new Float32Array(await readTensor(this.base.device, this.#top.loss));
      const stride = this.capacity.ownHeads ? targetStride(this.capacity) : supervised;
      for (let i = 0; i < count; i++) losses[run + i].set(all.subarray(i * stride, i * stride + supervised), before);
    });
    return losses;
  }

  /**
   * Logits [sequences][classes] of every sequence of `batch`, in order, under every run in `runIds`, for a head with classes.
   * Learns nothing.
   */
  async classLogits(runIds: readonly RunRef[], batch: TokenBatch): Promise<Float32Array[][]> {
    const { device, config } = this.base;
    const [stride, classes] = [logitStride(config), logitCount(config)];
    const logits: Float32Array[][] = runIds.map(() => []);
    await this.#eachPart(runIds, batch, async ({ run, count, supervised }) => {
      const all = new Float32Array(await readTensor(device, this.#top.logits));
      for (let i = 0; i < count; i++) {
        const first = i * targetStride(this.capacity);
        for (let row = first; row < first + supervised; row++)
          logits[run + i].push(all.slice(row * stride, row * stride + classes));
      }
    });
    return logits;
  }

  /**
   * The forward of a batch in the parts that fit, under every run, as many at once as fit; `read` takes what it left behind:
   * of `count` runs from `run` on, `supervised` targets each, behind `before` that were read.
   */
  async #eachPart(
    runIds: readonly RunRef[],
    batch: TokenBatch,
    read: (part: { run: number; count: number; before: number; supervised: number }) => Promise<void>,
  ): Promise<void> {
    const totals = batchTotals([batch]);
    const parts = fitBatches([batch], this.capacity);
    let before = 0;
    for (const part of parts) {
      const { supervised } = batchTotals([part.batch]);
      for (const [group, ids] of this.#groups(runIds).entries()) {
        const stack = await this.#stack(ids);
        if (part.before === 0) await this.#choose(stack, parts, {});
        const [counts] = this.#stage([part], totals, ids.length, { kind: 'evaluate', after: part.before });
        this.#submit((commands) => {
          stack.begin.encode(commands, NO_ROWS);
          this.#batch.load(commands, 0);
          stack.forward.encode(commands, counts);
          stack.loss.encode(commands, counts);
        });
        await read({ run: group * this.capacity.segments, count: ids.length, before, supervised });
      }
      before += supervised;
    }
  }

  /**
   * Which modules of a gated run keep which tokens of one sequence; [modules × tokens], modules bottom up.
   * @param patches of a picture, see `TokenBatch`
   */
  async gateMap(runId: string, ids: Int32Array, patches?: Float32Array): Promise<GateMap> {
    const stack = await this.#stack([runId]);
    const { modules } = this.run(runId);
    const batch: TokenBatch = {
      ids,
      targets: new Int32Array(ids.length).fill(-1),
      starts: Uint32Array.of(0, ids.length),
      ...(patches && { patches }),
    };
    const [counts] = this.#batch.stage([batch], { tokens: ids.length, supervised: 0 }, 1, { kind: 'evaluate' });
    this.#submit((commands) => {
      this.#batch.load(commands, 0);
      stack.forward.encode(commands, counts);
    });
    const [open, ratios] = await Promise.all([
      readTensor(this.base.device, this.#saved.open),
      readTensor(this.base.device, this.#saved.ratio),
    ]);
    const [openAll, ratioAll] = [new Uint32Array(open), new Float32Array(ratios)];
    const active = new Uint8Array(modules.length * ids.length);
    const ratio = new Float32Array(active.length);
    modules.forEach((m, i) => {
      const from = this.#saved.index(0, m) * this.#saved.rowStride;
      active.set(openAll.subarray(from, from + ids.length), i * ids.length);
      ratio.set(ratioAll.subarray(from, from + ids.length), i * ids.length);
    });
    return { active, ratio };
  }

  /** r of every token of each batch in every module of a gated run, with the gates as they are: [modules × tokens]. */
  async ratios(runId: string, batches: readonly TokenBatch[]): Promise<Float32Array[]> {
    const stack = await this.#stack([runId]);
    const { modules } = this.run(runId);
    const out: Float32Array[] = [];
    for (const batch of batches) {
      const tokens = batch.ids.length;
      const ratio = new Float32Array(modules.length * tokens);
      let before = 0;
      for (const part of fitBatches([batch], this.capacity)) {
        const [counts] = this.#stage([part], batchTotals([batch]), 1, { kind: 'evaluate', after: before });
        this.#submit((commands) => {
          this.#batch.load(commands, 0);
          stack.forward.encode(commands, counts);
        });
        const all = new Float32Array(await readTensor(this.base.device, this.#saved.ratio));
        modules.forEach((m, i) => {
          const from = this.#saved.index(0, m) * this.#saved.rowStride;
          ratio.set(all.subarray(from, from + counts.rows), i * tokens + before);
        });
        before += counts.rows;
      }
      out.push(ratio);
    }
    return out;
  }

  /**
   * r and μ of every token of `batches` in every module of a run whose gate rule keeps them (`exact`), with the gates as they
   * are and without dropout. Learns nothing.
   */
  async tokenGradients(runId: string, batches: readonly TokenBatch[]): Promise<TokenGradients[]> {
    const run = this.run(runId);
    const kept = run.method.tokenGradients;
    if (!kept) throw new Error(`run "${runId}" keeps no gate gradients of single tokens`);
    const stack = await this.#stack([runId]);
    const totals = batchTotals(batches);
    const out: TokenGradients[] = [];
    for (const batch of batches) {
      const parts = fitBatches([batch], this.capacity);
      const counts = this.#stage(parts, totals, 1, {});
      this.#submit((commands) => {
        stack.begin.encode(commands, NO_ROWS);
        this.#accumulate(commands, stack, counts);
      });
      const pairs = new Float32Array(await readTensor(this.base.device, kept.pairs));
      const tokens = batch.ids.length;
      const [ratio, mu] = [0, 1].map((which) => {
        const values = new Float32Array(run.modules.length * tokens);
        for (const { index } of run.modules)
          for (let t = 0; t < tokens; t++) values[index * tokens + t] = pairs[2 * (index * kept.capacity + t) + which];
        return values;
      });
      out.push({ tokens, ratio, mu });
    }
    return out;
  }

  /** Time per kernel of one step of `runIds` in one pass, over as much of the batch as fits into it (without the update, so nothing is learnt). */
  async profile(runIds: readonly string[], whole: TokenBatch): Promise<KernelTime[]> {
    const [{ batch }] = fitBatches([whole], this.capacity);
    const stack = await this.#stack(runIds);
    const programs = [stack.forward, stack.lossGradient, stack.backward];
    const profiler = this.base.device.profiler();
    const [counts] = this.#batch.stage([batch], batchTotals([batch]), runIds.length, { kind: 'evaluate' });
    this.#submit((commands) => {
      stack.begin.encode(commands, NO_ROWS);
      this.#batch.load(commands, 0);
      for (const program of programs) program.encode(commands, counts, profiler);
    });
    return profiler.finish();
  }

  /**
   * Runs `batches` once more, as in optimizer step `step` (from 0), and names the first tensor that holds a NaN or an
   * infinity, in the order of computation; null when all are finite. What `AdapterRun.state` has is not changed.
   */
  firstNonFinite(runId: string, batches: readonly TokenBatch[], step: number): Promise<string | null> {
    const run = this.run(runId);
    return run.unmoved(() => this.#firstNonFinite(run, batches, step));
  }

  async #firstNonFinite(run: AdapterRun, batches: readonly TokenBatch[], step: number): Promise<string | null> {
    const parts = fitBatches(batches, this.capacity);
    const { dropoutKeys = [] } = this.#ofStep(parts, step);
    const stack = await this.#stack([run.config.id]);
    const totals = batchTotals(batches);
    await this.#choose(stack, parts, { draw: step, dropoutKeys });
    this.#submit((commands) => stack.begin.encode(commands, NO_ROWS));
    const finder = new NonFiniteFinder(this.base.device);
    const share = (rows: number) => rows / stackedRows(this.capacity);
    try {
      const parameters = await finder.first(run.parameterTensors());
      if (parameters) return parameters;
      let tokens = 0;
      for (const [i, part] of parts.entries()) {
        const options = { draw: step, after: tokens, dropoutKeys: [dropoutKeys[i]] };
        const [counts] = this.#stage([part], totals, 1, options);
        tokens += part.batch.ids.length;
        this.#submit((commands) => {
          this.#batch.load(commands, 0);
          stack.forward.encode(commands, counts);
          stack.lossGradient.encode(commands, counts);
        });
        // Where layers share their tensors, only what each was given is still there.
        const kept = (act: LayerActivations) => (this.layout.recompute ? { input: act.input } : act);
        const activations = stack.pass.layers.flatMap((act, l) =>
          flatTensors(kept(act)).map(({ name, tensor }) => ({
            label: `layer ${l}: ${name}`,
            tensor,
            length: Math.round((tensor.size / 4) * share(counts.rows)),
          })),
        );
        const bad = await finder.first([
          ...activations,
          { label: 'loss', tensor: this.#top.loss, length: counts.supervised },
        ]);
        if (bad) return bad;
        this.#submit((commands) => stack.backward.encode(commands, counts));
      }
      this.#submit((commands) => stack.finish.encode(commands, NO_ROWS));
      return await finder.first(run.gradientTensors());
    } finally {
      finder.free();
    }
  }

  free(): void {
    for (const run of this.#runs.values()) run.free();
    this.#readback.free();
    this.#stacks.clear();
    this.#runs.clear();
    this.#scope.free();
  }
}
