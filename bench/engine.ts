/**
 * Everything the measurements use of the engine, in one place: when the engine's interface changes, this file changes
 * and the rows do not.
 */
import {
  ADAMW_HYPER_BYTES,
  type AdaptedModule,
  AdapterRun,
  BaseModel,
  type BufferScope,
  type Device,
  Generator,
  type Layout,
  Lora,
  type MatmulOptions,
  type Op,
  PROXIMAL_HYPER_BYTES,
  Plain,
  Program,
  type RowCount,
  SLOT_BYTES,
  type Tensor,
  Trainer,
  adamw,
  adaptedModules,
  compose,
  headChunkRows,
  lowRankPartialBytes,
  matmul,
  openCpuDevice,
  openWebGpu,
  packAdamwHyper,
  packDims,
  packProximalHyper,
  pairBytes,
  perElement,
  perRow,
  planTraining,
  proximal,
  ratesBytes,
  readFloats,
  rowThreads,
  snippets,
  sumLoss,
  tuneMatmul,
} from '../src/engine';
import { type DownloadedModel, downloadModel } from '../src/hub/model';
import { type RunConfig, type TrainConfig, runSchema, trainSchema } from '../src/shared/config';
import { Rng } from '../src/shared/rng';
import { type ModelDescription, weightShapes } from '../src/shared/model';
import type { KernelTime, TokenBatch } from '../src/shared/types';
import type { BenchOptions } from './record';
import { forwardMacs, stepMacs, supervisedOf } from './work';

export { type BufferScope, type Device, type Op, Program, type RowCount, type Tensor };
/** For the peers' graph, and for merging an adapter into a file. */
export {
  ADAMW_HYPER_BYTES,
  adaptedModules,
  adamw,
  compose,
  packAdamwHyper,
  perElement,
  perRow,
  ratesBytes,
  readFloats,
  rowThreads,
  snippets,
  sumLoss,
};

/** Uniform numbers in [−1, 1), seeded. */
function randomFloats(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Float32Array.from({ length }, () => scale * rng.uniform(-1, 1));
}

/** `rows` rows, whatever a step brings; `supervised` of them have a target. */
export function rowCount(scope: BufferScope, rows: number, supervised = 0): RowCount {
  const dims = packDims({ rows, supervised, lossScale: 1, tokens: rows, segments: 1, stride: rows });
  return { dims: scope.upload('dims', new Uint8Array(dims), 'uniform'), of: () => rows };
}

/** Width of the products that benchmarks are tuned for. */
const WIDTH = 1024;

/** The adapter as the app uses it: tuned, unless it is a software one. */
export async function openGpu(): Promise<Device> {
  const gpu = await openWebGpu();
  if (gpu.info.software) return gpu;
  const scope = gpu.buffers.scope('product to tune for');
  const weight = { tensor: scope.alloc('weight', 4 * WIDTH ** 2), type: 'f32' as const };
  gpu.tuning = await tuneMatmul(gpu, { weight, dIn: WIDTH, dOut: WIDTH });
  scope.free();
  return gpu;
}

/** What the row is to run on. @throws {Error} when the CPU engine got fewer threads than were asked for */
export async function openDevice({ device, threads }: Pick<BenchOptions, 'device' | 'threads'>): Promise<Device> {
  if (device === 'gpu') return openGpu();
  const cpu = await openCpuDevice({ threads });
  if (cpu.info.threads !== threads)
    throw new Error(`the CPU engine got ${cpu.info.threads} threads, not ${threads}: is the page isolated?`);
  return cpu;
}

export const download = (id: string): Promise<DownloadedModel> => downloadModel({ kind: 'embedded', id });

/** An embedded model on the GPU. */
export async function loadBase(gpu: Device, id: string): Promise<BaseModel> {
  const { config, weights } = await download(id);
  const base = new BaseModel(gpu, config, weights.stored);
  weights.release();
  return base;
}

/** A model of any shape with random weights (the same pattern over and over: only its size matters). */
export function randomBase(gpu: Device, config: ModelDescription): BaseModel {
  // Multiples of 2⁻¹²: numbers that f16 holds, as a trained checkpoint's are.
  const pattern = randomFloats(1 << 20, 5, 0.03).map((x) => Math.round(4096 * x) / 4096);
  const shapes = new Map(weightShapes(config).map(({ name, shape }) => [name, shape]));
  return new BaseModel(gpu, config, (name, rows) => {
    const [count, ...columns] = shapes.get(name)!;
    const width = columns.reduce((a, b) => a * b, 1);
    const out = new Float32Array((rows?.count ?? count) * width);
    if (/norm/i.test(name)) return out.fill(1);
    for (let at = 0, from = (rows?.first ?? 0) * width; at < out.length; ) {
      const part = pattern.subarray((from + at) % pattern.length).subarray(0, out.length - at);
      out.set(part, at);
      at += part.length;
    }
    return out;
  });
}

/** Random tokens; every one but each sequence's last has a target. */
export function randomBatch(c: ModelDescription, sequences: number, tokens: number): TokenBatch {
  const rng = new Rng(7);
  const ids = Int32Array.from({ length: sequences * tokens }, () => rng.below(c.vocab));
  const targets = ids.map((_, i) => ((i + 1) % tokens === 0 ? -1 : ids[i + 1]));
  return { ids, targets, starts: Uint32Array.from({ length: sequences + 1 }, (_, s) => s * tokens) };
}

/** A run over all seven modules. Its τ stays where it is put. */
export const runConfig = (id: string, method: 'lora' | 'ts-lora', rank: number): RunConfig =>
  runSchema.parse({
    id,
    name: id,
    method,
    rank,
    alpha: 2 * rank,
    ...(method === 'ts-lora' ? { gate: { tauWarmup: 1_000_000 } } : {}),
  });

/** A learning rate that leaves everything where it is: every step does the same work. */
export const trainConfig = (): TrainConfig =>
  trainSchema.parse({ learningRate: 1e-12, warmupSteps: 0, schedule: 'constant' });

/** All runs in one pass, every activation kept. */
const layoutOf = (c: ModelDescription, runs: RunConfig[], batch: TokenBatch): Layout => ({
  capacity: {
    rows: batch.ids.length,
    supervised: supervisedOf(batch),
    segments: runs.length,
    headChunk: headChunkRows(c.vocab),
  },
  microBatches: 1,
  recompute: false,
});

/** Bytes that the plan names for training `runs` on `batch`. */
export const plannedBytes = (base: BaseModel, runs: RunConfig[], batch: TokenBatch): number =>
  planTraining(base.config, runs, {
    train: trainConfig(),
    layout: layoutOf(base.config, runs, batch),
    weightBytes: base.bytes,
  }).reduce((sum, item) => sum + item.bytes, 0);

/** Some runs on one base with one batch, stepped together. */
export class Training {
  readonly base: BaseModel;
  readonly batch: TokenBatch;
  readonly #trainer: Trainer;
  #step = 0;
  /** Share of tokens kept in the last step, over all gated modules; 1 without gates. */
  kept = 1;

  private constructor(base: BaseModel, batch: TokenBatch, trainer: Trainer) {
    this.base = base;
    this.batch = batch;
    this.#trainer = trainer;
  }

  static async create(base: BaseModel, runs: RunConfig[], batch: TokenBatch): Promise<Training> {
    const trainer = await Trainer.create(base, runs, trainConfig(), layoutOf(base.config, runs, batch));
    for (const run of trainer.runs) {
      await wake(run);
      await run.refresh();
    }
    return new Training(base, batch, trainer);
  }

  get #ids(): string[] {
    return this.#trainer.runs.map((run) => run.config.id);
  }

  /**
   * Milliseconds of one step of every run; on a GPU of several in a row, so that waiting for the last does not count.
   */
  async stepMs(): Promise<number> {
    const steps = this.base.device.info.software ? 1 : 10;
    const start = performance.now();
    await Promise.all(Array.from({ length: steps }, () => this.step()));
    return (performance.now() - start) / steps;
  }

  /** One optimizer step of every run, submitted at once. Resolves with the first run's loss. */
  async step(): Promise<number> {
    const step = this.#step++;
    const results = await Promise.all((await this.#trainer.step(this.#ids, [this.batch], step)).values());
    const sum = (values: Uint32Array) => values.reduce((a, b) => a + b, 0);
    const gates = results.flatMap((r) => r.gate ?? []);
    this.kept = gates.length
      ? gates.reduce((s, g) => s + sum(g.active), 0) / gates.reduce((s, g) => s + sum(g.tokens), 0)
      : 1;
    if (!results.every((r) => Number.isFinite(r.loss)))
      throw new Error(`a loss is not finite: ${results.map((r) => r.loss).join(', ')}`);
    return results[0].loss;
  }

  /** Forward and loss of the base alone. */
  forward(): Promise<unknown> {
    return this.#trainer.evaluate([null], [this.batch]);
  }

  /** Sets the gated run's thresholds so that about `share` of the tokens pass in every module. */
  async keep(share: number): Promise<void> {
    const gated = this.#trainer.runs.find((run) => run.config.method === 'ts-lora')!;
    const { modules } = gated;
    if (share === 1 || share === 0) {
      gated.method.setThresholds(new Float32Array(modules.length).fill(share === 1 ? 0 : 1e9));
      return;
    }
    const tokens = this.batch.starts[1];
    const { ratio } = await this.#trainer.measurements.gateMap(gated.config.id, this.batch.ids.slice(0, tokens));
    gated.method.setThresholds(
      Float32Array.from(modules, (_, m) => {
        const sorted = ratio.slice(m * tokens, (m + 1) * tokens).sort();
        return sorted[Math.floor(tokens * (1 - share))];
      }),
    );
  }

  /** Time per kernel of the first run's forward, loss and backward, every dispatch by itself. */
  profile(): Promise<KernelTime[]> {
    return this.#trainer.measurements.profile([this.#ids[0]], this.batch);
  }

  /** Multiply-adds of a step of one run at the share kept in the last step. */
  macs(): number {
    return stepMacs(this.base.config, this.batch, this.#trainer.runs[0].rPad, this.kept);
  }

  forwardMacs(): number {
    return forwardMacs(this.base.config, this.batch);
  }

  free(): void {
    this.#trainer.free();
  }
}

/** An adapter that is there: A as initialised, B small and not zero, so that gates have something to decide. */
export async function wake(run: AdapterRun): Promise<{ a: Float32Array; b: Float32Array }[]> {
  const rng = new Rng(11);
  const awake = (await run.adapters()).map(({ a, b }) => ({ a, b: b.map(() => rng.uniform(-0.02, 0.02)) }));
  run.load(awake);
  return awake;
}

const FROZEN = /^matmul\/((q|k|v|o|gate|up|down)_proj|head)( back)?$/;
const BASE_KERNELS = /^(attention|rmsNorm|rope|swiglu|embed|gatherRows|scatterRows|crossEntropy|sumLoss|copyToCache)/;

export const isAttention = (kernel: string): boolean => kernel.startsWith('attention');
/** Whether a kernel is the adapter's: anything that the frozen base does not do. */
export const isAdapter = (kernel: string): boolean => !FROZEN.test(kernel) && !BASE_KERNELS.test(kernel);

/** out (+)= scale · a · w, in as many dispatches as the engine makes of it. */
export const product = (gpu: Device, options: MatmulOptions): Op[] => matmul(gpu, options);

/** The exact proximal step of `modules` modules, on tokens in random order each time. */
export class ProximalProbe {
  readonly #gpu: Device;
  readonly #scope: BufferScope;
  readonly #program: Program;

  private constructor(gpu: Device, scope: BufferScope, program: Program) {
    this.#gpu = gpu;
    this.#scope = scope;
    this.#program = program;
  }

  static async create(gpu: Device, modules: number, tokens: number): Promise<ProximalProbe> {
    const scope = gpu.buffers.scope('proximal probe');
    const rng = new Rng(1);
    const unsorted = scope.upload(
      'unsorted',
      Float32Array.from({ length: 2 * modules * tokens }, (_, i) => (i % 2 ? rng.uniform(-1, 1) : rng.uniform(0, 1))),
    );
    const [pairs, other] = ['pairs', 'other'].map((name) => scope.alloc(name, pairBytes(modules, tokens)));
    const hyper = scope.alloc('hyper', PROXIMAL_HYPER_BYTES, 'uniform');
    gpu.write(hyper, packProximalHyper({ tokens, enabled: true, lambda: 0, eta: 'auto' }));
    const ops: Op[] = [
      { copy: unsorted, to: pairs },
      ...proximal(gpu, {
        hyper,
        pairs,
        other,
        slots: scope.alloc('slots', modules * SLOT_BYTES),
        modules,
        capacity: tokens,
      }),
    ];
    return new ProximalProbe(gpu, scope, await new Program(gpu, scope, 'proximal', ops).compile());
  }

  /** Milliseconds of one step, of several in a row. */
  async ms(times = this.#gpu.info.software ? 3 : 20): Promise<number> {
    const start = performance.now();
    this.#gpu.submit('prox', (commands) => {
      for (let i = 0; i < times; i++) this.#program.encode(commands, { rows: 0, supervised: 0, segments: 1 });
    });
    await this.#gpu.done();
    return (performance.now() - start) / times;
  }

  free(): void {
    this.#scope.free();
  }
}

/** Our own matmul at several sizes, to be measured between other things. */
export class MatmulProbe {
  /** Best rate so far, in multiply-adds a second, and the size it was reached at. */
  best = { rate: 0, size: 0 };
  readonly #gpu: Device;
  readonly #scope: BufferScope;
  readonly #programs: { size: number; program: Program }[] = [];

  private constructor(gpu: Device) {
    this.#gpu = gpu;
    this.#scope = gpu.buffers.scope('matmul probe');
  }

  static async create(
    gpu: Device,
    sizes = gpu.info.software ? [256, 512, 768] : [512, 1024, 2048, 4096],
  ): Promise<MatmulProbe> {
    const probe = new MatmulProbe(gpu);
    for (const size of sizes) {
      const [a, w] = [1, 2].map((seed) => probe.#scope.upload('operand', randomFloats(size * size, seed)));
      const out = probe.#scope.alloc('out', 4 * size * size);
      const ops = product(gpu, {
        label: 'rate',
        rows: rowCount(probe.#scope, size),
        a,
        w,
        out,
        n: size,
        k: size,
        transposed: true,
      });
      probe.#programs.push({ size, program: await new Program(gpu, probe.#scope, 'matmul rate', ops).compile() });
    }
    await probe.measure();
    probe.best = { rate: 0, size: 0 };
    return probe;
  }

  /**
   * Every size, some tenths of a second each on a software adapter; returns the best of them in GFLOP/s and keeps the
   * best ever.
   */
  async measure(): Promise<number> {
    const { info } = this.#gpu;
    let best = 0;
    for (const { size, program } of this.#programs) {
      const times = info.software ? Math.round(2 * (768 / size) ** 3) : 8;
      const start = performance.now();
      this.#gpu.submit('rate', (commands) => {
        for (let i = 0; i < times; i++) program.encode(commands, { rows: size, supervised: 0, segments: 1 });
      });
      await this.#gpu.done();
      const rate = (times * size ** 3) / ((performance.now() - start) / 1000);
      best = Math.max(best, rate);
      if (rate > this.best.rate) this.best = { rate, size };
    }
    return (2 * best) / 1e9;
  }

  free(): void {
    this.#scope.free();
  }
}

/** The engine's LoRA over `layers` square layers of width `d`: the operations beside each frozen product. */
export function loraLayers(
  gpu: Device,
  scope: BufferScope,
  p: { layers: number; d: number; rank: number; rows: number },
) {
  const { layers, d, rank, rows } = p;
  const part = 4 * d * rank;
  const flat = Object.fromEntries(
    ['params', 'grads', 'm', 'v'].map((name) => [name, scope.alloc(name, 2 * layers * part)]),
  );
  const params = Array.from({ length: layers }, (_, l) => {
    const at = (name: string, which: 0 | 1) => flat[name].slice(`${name}.${l}`, (2 * l + which) * part, part);
    return { a: at('params', 0), b: at('params', 1), gradA: at('grads', 0), gradB: at('grads', 1) };
  });
  const modules: AdaptedModule[] = params.map((_, l) => ({
    index: l,
    layer: l,
    kind: 'linear',
    path: `${l}.linear`,
    dIn: d,
    dOut: d,
    bias: false,
    inOut: false,
    salt: l,
  }));
  const unused = scope.alloc('unused', 16);
  const saved = params.map(() => ({
    z: scope.alloc('z', 4 * rows * rank),
    ratio: unused,
    open: unused,
    list: unused,
  }));
  const scratch = {
    u: scope.alloc('u', 4 * rows * rank),
    mu: unused,
    partial: scope.alloc('partial', lowRankPartialBytes({ dIn: d, dOut: d, rank })),
  };
  return {
    flat,
    params,
    modules,
    saved,
    scratch,
    method: new Plain(
      new Lora({
        device: gpu,
        rPad: rank,
        scaling: 1,
        params,
        flat: flat.params,
        dropout: 0,
        tokenDropout: 0,
        optimizer: { grads: flat.grads, norm: unused },
      }),
    ),
  };
}

/** A generator with a LoRA adapter that is awake, on a base that never ends a text. */
export async function adaptedGenerator(gpu: Device, model: DownloadedModel, rank: number) {
  const config = { ...model.config, eosIds: [] };
  const base = new BaseModel(gpu, config, model.weights.stored);
  const run = new AdapterRun(base, runConfig('lora', 'lora', rank), trainConfig());
  const adapters = await wake(run);
  const generator = await Generator.create(base, [run], 512);
  return {
    run,
    adapters,
    generate: async (prompt: Int32Array, tokens: number) =>
      (await generator.generate(prompt, { seed: 1, maxNewTokens: tokens, temperature: 0, topP: 1 }, () => true))[0],
    free: () => {
      generator.free();
      run.free();
      base.free();
    },
  };
}
