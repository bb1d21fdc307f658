/**
 * Times what training is made of, in the browser: the adapter's own best matmul rate, the base's forward, a step of
 * LoRA, and a step of TS-LoRA with all, half and none of the tokens kept.
 */
import type { AdapterRun } from '../src/engine/adapterRun';
import { BaseModel } from '../src/engine/base';
import { type Gpu, openGpu } from '../src/engine/gpu/device';
import { Program } from '../src/engine/gpu/program';
import type { KernelTime } from '../src/engine/gpu/profiler';
import { matmul } from '../src/engine/kernels/matmul/matmul';
import { rowCount } from '../src/engine/testing/harness';
import { Trainer } from '../src/engine/trainer';
import { downloadModel } from '../src/hub/model';
import { runSchema, trainSchema } from '../src/shared/config';
import { Rng } from '../src/shared/rng';
import type { AdapterWork, GpuInfo, LlamaConfig, TokenBatch } from '../src/shared/types';

export interface BenchOptions {
  model: string;
  rank: number;
  sequences: number;
  /** Tokens a sequence. */
  tokens: number;
  repeats: number;
}

export interface BenchRow {
  name: string;
  /** Median, and fastest and slowest, of one step. */
  ms: number;
  fastest: number;
  slowest: number;
  tokensPerSecond: number;
  /** Multiply-adds done. */
  macs: number;
  /** Share of the matmul rate that those amount to, 0–1. */
  ofRate: number;
  /** Share of tokens kept, over all modules; null without gates. */
  kept: number | null;
}

export interface BenchResult {
  gpu: GpuInfo;
  config: LlamaConfig;
  /** Best rate of our own matmul, in multiply-adds a second, and the size it was reached at. */
  rate: number;
  rateSize: number;
  rows: BenchRow[];
  /** Time per kernel of one TS-LoRA step at half kept, longest first; empty where the adapter has no timestamps. */
  kernels: KernelTime[];
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function time(repeats: number, once: () => Promise<unknown>): Promise<number[]> {
  await once();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await once();
    times.push(performance.now() - start);
  }
  return times;
}

/** Multiply-adds a second of `size`³, best of a few. */
async function matmulRate(gpu: Gpu, size: number): Promise<number> {
  const scope = gpu.buffers.scope('matmul rate');
  try {
    const numbers = (seed: number) => {
      const rng = new Rng(seed);
      return Float32Array.from({ length: size * size }, () => rng.uniform(-1, 1));
    };
    const [a, w] = [scope.upload('a', numbers(1)), scope.upload('w', numbers(2))];
    const out = scope.alloc('out', 4 * size * size);
    const rows = rowCount(scope, size);
    const program = await new Program(gpu, 'matmul rate', [matmul(gpu, { label: 'rate', rows, a, w, out, n: size, k: size, transposed: true })]).compile();
    const inOne = 4;
    const times = await time(5, async () => {
      const encoder = gpu.device.createCommandEncoder();
      for (let i = 0; i < inOne; i++) program.encode(encoder, { rows: size, supervised: 0 });
      gpu.device.queue.submit([encoder.finish()]);
      await gpu.device.queue.onSubmittedWorkDone();
    });
    return (inOne * size ** 3) / (Math.min(...times) / 1000);
  } finally {
    scope.free();
  }
}

/** Multiply-adds of the base's forward with its head on supervised rows: linear layers, causal attention, head. */
function forwardMacs(c: LlamaConfig, batch: TokenBatch): number {
  const tokens = batch.ids.length;
  const supervised = batch.targets.filter((t) => t >= 0).length;
  const q = c.heads * c.headDim;
  const kv = c.kvHeads * c.headDim;
  let pairs = 0;
  for (let s = 0; s + 1 < batch.starts.length; s++) {
    const length = batch.starts[s + 1] - batch.starts[s];
    pairs += (length * (length + 1)) / 2;
  }
  return c.layers * (tokens * (2 * c.dModel * q + 2 * c.dModel * kv + 3 * c.dModel * c.ffn) + 2 * pairs * q) + supervised * c.dModel * c.vocab;
}

/** Random tokens, every one but each sequence's last with a target. */
function randomBatch(c: LlamaConfig, sequences: number, tokens: number): TokenBatch {
  const rng = new Rng(7);
  const ids = Int32Array.from({ length: sequences * tokens }, () => Math.floor(rng.uniform(0, c.vocab)));
  const targets = ids.map((_, i) => ((i + 1) % tokens === 0 ? -1 : ids[i + 1]));
  return { ids, targets, starts: Uint32Array.from({ length: sequences + 1 }, (_, s) => s * tokens) };
}

/** An adapter that is there: A as initialised, B small and not zero, so that gates have something to decide. */
async function wake(run: AdapterRun): Promise<void> {
  const rng = new Rng(11);
  const adapters = await run.adapters();
  run.load(adapters.map(({ a, b }) => ({ a, b: b.map(() => rng.uniform(-0.02, 0.02)) })));
}

export async function measure(options: BenchOptions): Promise<BenchResult> {
  const gpu = await openGpu();
  const sizes = gpu.info.software ? [512] : [512, 1024, 2048];
  const rates: number[] = [];
  for (const size of sizes) rates.push(await matmulRate(gpu, size));
  const rate = Math.max(...rates);

  const { config, weights } = await downloadModel({ kind: 'embedded', id: options.model });
  const base = new BaseModel(gpu, config, (name) => weights.get(name).data);
  weights.release();
  const batch = randomBatch(config, options.sequences, options.tokens);
  const supervised = batch.targets.filter((t) => t >= 0).length;
  const rows: BenchRow[] = [];
  const add = (name: string, times: number[], macs: number, kept: number | null) => {
    const ms = median(times);
    rows.push({ name, ms, fastest: Math.min(...times), slowest: Math.max(...times), tokensPerSecond: batch.ids.length / (ms / 1000), macs, ofRate: macs / (ms / 1000) / rate, kept });
  };

  // A learning rate and a τ that stay where they are: every step does the same work.
  const train = trainSchema.parse({ learningRate: 1e-12, warmupSteps: 0, schedule: 'constant', batchSize: options.sequences, maxTokens: options.tokens });
  const still = { tauWarmup: 1_000_000 };
  const configs = [
    runSchema.parse({ id: 'lora', name: 'LoRA', method: 'lora', rank: options.rank, alpha: 2 * options.rank }),
    runSchema.parse({ id: 'ts-lora', name: 'TS-LoRA', method: 'ts-lora', rank: options.rank, alpha: 2 * options.rank, gate: still }),
  ];
  const trainer = await Trainer.create(base, configs, train, { rows: batch.ids.length, supervised });
  for (const run of trainer.runs) {
    await wake(run);
    trainer.refresh(run.config.id);
  }
  add('base forward', await time(options.repeats, () => trainer.evaluate(null, [batch])), forwardMacs(config, batch), null);

  let step = 0;
  const steps = async (name: string, id: string) => {
    let work: AdapterWork | null = null;
    let kept: number | null = null;
    const times = await time(options.repeats, async () => {
      const result = await trainer.step(id, [batch], step++);
      work = result.work;
      const sum = (values: Uint32Array) => values.reduce((a, b) => a + b, 0);
      kept = result.gate ? sum(result.gate.active) / sum(result.gate.tokens) : null;
    });
    const { done, dense, step: all } = work!;
    add(name, times, all - dense + done, kept);
  };
  await steps('LoRA step', 'lora');

  const { ratio } = await trainer.gateMap('ts-lora', batch.ids.slice(0, options.tokens));
  const gated = trainer.run('ts-lora');
  for (const [name, share] of [['TS-LoRA step, all kept', 1], ['TS-LoRA step, half kept', 0.5], ['TS-LoRA step, none kept', 0]] as const) {
    gated.method.setThresholds(Float32Array.from(gated.modules, (_, m) => {
      const sorted = ratio.slice(m * options.tokens, (m + 1) * options.tokens).sort();
      return share === 1 ? 0 : share === 0 ? 1e9 : sorted[Math.floor(sorted.length * (1 - share))];
    }));
    await steps(name, 'ts-lora');
  }
  gated.method.setThresholds(Float32Array.from(gated.modules, (_, m) => ratio.slice(m * options.tokens, (m + 1) * options.tokens).sort()[options.tokens >> 1]));
  const kernels = gpu.info.timestamps ? await trainer.profile('ts-lora', batch) : [];
  const error = gpu.error();
  if (error) throw error;
  trainer.free();
  base.free();
  gpu.destroy();
  return { gpu: gpu.info, config, rate, rateSize: sizes[rates.indexOf(rate)], rows, kernels };
}
