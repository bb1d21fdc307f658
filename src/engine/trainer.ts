/**
 * Training on the GPU: any number of adapter runs take turns on one frozen base and one set of activations.
 * A step is a handful of submits; nothing is read back inside it, its statistics arrive when they are ready.
 */
import type { RunConfig, TrainConfig } from '../shared/config';
import type { AdapterWork, GateStats, TokenBatch } from '../shared/types';
import { AdapterRun } from './adapterRun';
import type { MethodStats } from './adapters/method';
import { accountant } from './accounts';
import type { BaseModel } from './base';
import type { BufferScope } from './gpu/buffers';
import { withinMemory } from './gpu/device';
import { type Op, Program } from './gpu/program';
import { type KernelTime, Profiler } from './gpu/profiler';
import { Readback, readTensor } from './gpu/readback';
import { type GradActivations, type LayerActivations, type TopActivations, allocate, gradSizes, layerSizes, topSizes } from './model/activations';
import { backward } from './model/backward';
import { BatchBuffers, type Capacity, batchTotals } from './model/batch';
import { type Pass, forward } from './model/forward';
import { NonFiniteFinder } from './nonFinite';
import { headLoss } from './model/head';
import { moduleKey, spaceNeeds, AdapterSpaces } from './model/spaces';

export interface StepResult {
  /** Mean over the supervised tokens of the accumulated batch. */
  loss: number;
  learningRate: number;
  gradNorm: number;
  tokens: number;
  supervised: number;
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
  kept: Uint8Array;
  ratio: Float32Array;
}

/** For programs whose sizes do not depend on the batch. */
const NO_ROWS = { rows: 0, supervised: 0 };

/** Everything that belongs to one run: its adapter and its compiled programs. */
interface RunPrograms {
  run: AdapterRun;
  pass: Pass;
  begin: Program;
  forward: Program;
  /** Loss without, and with its gradient. */
  loss: Program;
  lossGradient: Program;
  backward: Program;
  update: Program;
  refresh: Program;
  readback: Readback;
  account: (batches: readonly TokenBatch[], stats: MethodStats | null) => AdapterWork;
}

export class Trainer {
  readonly base: BaseModel;
  readonly capacity: Capacity;
  readonly #scope: BufferScope;
  readonly #batch: BatchBuffers;
  readonly #spaces: AdapterSpaces;
  readonly #layers: LayerActivations[];
  readonly #top: TopActivations;
  readonly #grads: GradActivations;
  readonly #runs = new Map<string, RunPrograms>();
  #baseForward: Program | null = null;
  #baseLoss: Program | null = null;
  #lossReadback: Readback;

  private constructor(base: BaseModel, runs: AdapterRun[], capacity: Capacity) {
    const { gpu, config } = base;
    this.base = base;
    this.capacity = capacity;
    this.#scope = gpu.buffers.scope('train');
    try {
      this.#batch = new BatchBuffers(gpu, this.#scope, capacity);
      this.#spaces = new AdapterSpaces(this.#scope, config, capacity, spaceNeeds(runs));
      this.#layers = Array.from({ length: config.layers }, (_, l) => allocate(this.#scope, `layers.${l}.`, layerSizes(config, capacity)));
      this.#top = allocate(this.#scope, '', topSizes(config, capacity));
      this.#grads = allocate(this.#scope, 'grad.', gradSizes(config, capacity));
    } catch (error) {
      this.#scope.free();
      throw error;
    }
    this.#lossReadback = new Readback(gpu, 'loss', this.#batch.lossTotal.size);
  }

  /**
   * Allocates for `runs` and compiles everything.
   * @param capacity most tokens, and most supervised tokens, of one micro-batch
   */
  static async create(base: BaseModel, configs: readonly RunConfig[], train: TrainConfig, capacity: Capacity): Promise<Trainer> {
    const runs: AdapterRun[] = [];
    let trainer: Trainer | null = null;
    try {
      await withinMemory(base.gpu, () => {
        for (const config of configs) runs.push(new AdapterRun(base.gpu, base.config, config, train));
        trainer = new Trainer(base, runs, capacity);
      });
      const made = trainer as unknown as Trainer;
      await made.#compile(runs);
      return made;
    } catch (error) {
      for (const run of runs) run.free();
      (trainer as Trainer | null)?.free();
      throw error;
    }
  }

  async #compile(runs: AdapterRun[]): Promise<void> {
    const { gpu } = this.base;
    const program = (label: string, ops: Op[]) => new Program(gpu, label, ops).compile();
    const basePass = this.#pass(null);
    [this.#baseForward, this.#baseLoss] = await Promise.all([program('base forward', forward(basePass)), program('base loss', headLoss(basePass, false))]);
    for (const run of runs) {
      const pass = this.#pass(run);
      const [begin, forwards, loss, lossGradient, backwards, update, refresh] = await Promise.all([
        program('begin', [{ clear: this.#batch.lossTotal }, ...run.begin()]),
        program('forward', forward(pass)),
        program('loss', headLoss(pass, false)),
        program('loss and gradient', headLoss(pass, true)),
        program('backward', backward(pass)),
        program('update', run.update()),
        program('refresh', run.method.refresh()),
      ]);
      const bytes = [this.#batch.lossTotal, run.norm, ...run.method.stats()].reduce((sum, t) => sum + t.size, 0);
      const readback = new Readback(gpu, `step ${run.config.id}`, bytes);
      this.#runs.set(run.config.id, { run, pass, begin, forward: forwards, loss, lossGradient, backward: backwards, update, refresh, readback, account: accountant(pass, run) });
      this.refresh(run.config.id);
    }
  }

  #pass(run: AdapterRun | null): Pass {
    const { gpu, config, weights, ropeTable } = this.base;
    return {
      gpu, config, weights, ropeTable,
      batch: this.#batch, layers: this.#layers, top: this.#top, grads: this.#grads,
      adapters: run && { method: run.method, modules: run.modules, spaces: this.#spaces.of(run.modules), shared: this.#spaces.shared },
      cache: null,
      record: true,
    };
  }

  #get(runId: string): RunPrograms {
    const found = this.#runs.get(runId);
    if (!found) throw new Error(`no run "${runId}"`);
    return found;
  }

  get runs(): AdapterRun[] {
    return [...this.#runs.values()].map((r) => r.run);
  }

  run(runId: string): AdapterRun {
    return this.#get(runId).run;
  }

  #submit(record: (encoder: GPUCommandEncoder) => void): void {
    const encoder = this.base.gpu.device.createCommandEncoder({ label: 'train' });
    record(encoder);
    this.base.gpu.device.queue.submit([encoder.finish()]);
  }

  /** After A, B or thresholds were written from outside. */
  refresh(runId: string): void {
    this.#submit((encoder) => this.#get(runId).refresh.encode(encoder, NO_ROWS));
  }

  /**
   * One optimizer step of one run over `batches` (its micro-batches). Submits at once; the returned promise
   * resolves when the GPU is through. `step` counts from 0.
   */
  step(runId: string, batches: readonly TokenBatch[], step: number): Promise<StepResult> {
    const p = this.#get(runId);
    const totals = batchTotals(batches);
    const learningRate = p.run.prepareUpdate(step, totals.tokens);
    this.#accumulate(p, batches, totals);
    const take = this.#read(p, (encoder) => p.update.encode(encoder, NO_ROWS));
    return take().then(({ lossSum, gradNorm, stats }) => ({
      loss: totals.supervised > 0 ? lossSum / totals.supervised : 0,
      learningRate, gradNorm, ...totals,
      gate: stats?.gate ?? null,
      work: p.account(batches, stats),
    }));
  }

  /** Forward, loss and backward of every micro-batch; gradients and statistics add up. */
  #accumulate(p: RunPrograms, batches: readonly TokenBatch[], totals: { tokens: number; supervised: number }): void {
    this.#submit((encoder) => p.begin.encode(encoder, NO_ROWS));
    for (const batch of batches) {
      const counts = this.#batch.write(batch, totals);
      this.#submit((encoder) => {
        for (const program of [p.forward, p.lossGradient, p.backward]) program.encode(encoder, counts);
      });
    }
  }

  #read(p: RunPrograms, record: (encoder: GPUCommandEncoder) => void): () => Promise<{ lossSum: number; gradNorm: number; stats: MethodStats | null }> {
    const parts = [this.#batch.lossTotal, p.run.norm, ...p.run.method.stats()];
    let take: () => Promise<ArrayBuffer>;
    this.#submit((encoder) => {
      record(encoder);
      take = p.readback.copy(encoder, parts);
    });
    return async () => {
      const bytes = await take();
      const [lossSum] = new Float32Array(bytes, 0, 1);
      const [gradNorm] = new Float32Array(bytes, parts[0].size, 1);
      return { lossSum, gradNorm, stats: p.run.method.readStats(bytes.slice(parts[0].size + parts[1].size)) };
    };
  }

  /**
   * Mean loss over `batches` without learning; `runId` null is the base. With `measure`, gated runs also get μ
   * on these batches (a backward pass whose gradients are thrown away).
   */
  async evaluate(runId: string | null, batches: readonly TokenBatch[], measure = false): Promise<EvalResult> {
    const totals = batchTotals(batches);
    const p = runId === null ? null : this.#get(runId);
    if (p && measure) {
      this.#accumulate(p, batches, totals);
    } else {
      const [forwards, loss] = p ? [p.forward, p.loss] : [this.#baseForward!, this.#baseLoss!];
      this.#submit((encoder) => (p ? p.begin.encode(encoder, NO_ROWS) : encoder.clearBuffer(this.#batch.lossTotal.buffer)));
      for (const batch of batches) {
        const counts = this.#batch.write(batch, totals);
        this.#submit((encoder) => {
          forwards.encode(encoder, counts);
          loss.encode(encoder, counts);
        });
      }
    }
    const mean = (sum: number) => (totals.supervised > 0 ? sum / totals.supervised : 0);
    if (p) {
      const { lossSum, stats } = await this.#read(p, () => {})();
      return { loss: mean(lossSum), supervised: totals.supervised, gate: stats?.gate ?? null };
    }
    let take: () => Promise<ArrayBuffer>;
    this.#submit((encoder) => {
      take = this.#lossReadback.copy(encoder, [this.#batch.lossTotal]);
    });
    return { loss: mean(new Float32Array(await take!())[0]), supervised: totals.supervised, gate: null };
  }

  /** Which modules of a gated run keep which tokens of one sequence; [modules × tokens], modules bottom up. */
  async gateMap(runId: string, ids: Int32Array): Promise<GateMap> {
    const p = this.#get(runId);
    const batch: TokenBatch = { ids, targets: new Int32Array(ids.length).fill(-1), starts: Uint32Array.of(0, ids.length) };
    const counts = this.#batch.write(batch, { tokens: ids.length, supervised: 0 });
    this.#submit((encoder) => p.forward.encode(encoder, counts));
    const [open, ratios] = await Promise.all([readTensor(this.base.gpu, this.#spaces.open), readTensor(this.base.gpu, this.#spaces.ratio)]);
    const [openAll, ratioAll] = [new Uint32Array(open), new Float32Array(ratios)];
    const kept = new Uint8Array(p.run.modules.length * ids.length);
    const ratio = new Float32Array(kept.length);
    p.run.modules.forEach((m, i) => {
      const from = this.#spaces.keys.indexOf(moduleKey(m)) * this.#spaces.rowStride;
      kept.set(openAll.subarray(from, from + ids.length), i * ids.length);
      ratio.set(ratioAll.subarray(from, from + ids.length), i * ids.length);
    });
    return { kept, ratio };
  }

  /** Time per kernel of one step (without the update, so nothing is learnt). */
  async profile(runId: string, batch: TokenBatch): Promise<KernelTime[]> {
    const p = this.#get(runId);
    const programs = [p.forward, p.lossGradient, p.backward];
    const profiler = new Profiler(this.base.gpu, programs.reduce((n, x) => n + x.ops.length, 0));
    this.#submit((encoder) => p.begin.encode(encoder, NO_ROWS));
    const counts = this.#batch.write(batch, batchTotals([batch]));
    this.#submit((encoder) => {
      for (const program of programs) program.encode(encoder, counts, profiler);
    });
    return profiler.finish();
  }

  /**
   * Runs `batches` once more and names the first tensor that holds a NaN or an infinity, in the order of
   * computation; null when all are finite. Parameters are not changed.
   */
  async firstNonFinite(runId: string, batches: readonly TokenBatch[]): Promise<string | null> {
    const p = this.#get(runId);
    const totals = batchTotals(batches);
    this.#submit((encoder) => p.begin.encode(encoder, NO_ROWS));
    const finder = new NonFiniteFinder(this.base.gpu);
    try {
      const parameters = await finder.first(p.run.parameterTensors());
      if (parameters) return parameters;
      for (const batch of batches) {
        const counts = this.#batch.write(batch, totals);
        this.#submit((encoder) => {
          p.forward.encode(encoder, counts);
          p.lossGradient.encode(encoder, counts);
        });
        const share = counts.rows / this.capacity.rows;
        const activations = p.pass.layers.flatMap((act, l) => Object.entries(act).map(([name, tensor]) => ({ label: `layer ${l}: ${name}`, tensor, length: Math.floor((tensor.size / 4) * share) })));
        const bad = await finder.first([...activations, { label: 'loss', tensor: this.#top.loss, length: counts.supervised }]);
        if (bad) return bad;
        this.#submit((encoder) => p.backward.encode(encoder, counts));
      }
      return await finder.first(p.run.gradientTensors());
    } finally {
      finder.free();
    }
  }

  free(): void {
    for (const { run, readback } of this.#runs.values()) {
      run.free();
      readback.free();
    }
    this.#lossReadback.free();
    this.#runs.clear();
    this.#scope.free();
  }
}
