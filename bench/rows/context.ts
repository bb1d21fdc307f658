/**
 * Longer contexts at the same number of tokens a step: attention against the matmul rate, everything else per token,
 * and memory by length. Two blocks of the 4m model's shape with random weights: what is asked is how cost grows.
 */
import type { LlamaConfig } from '../../src/shared/types';
import { type Gpu, MatmulProbe, Training, download, isAttention, openGpu, randomBase, randomBatch, runConfig } from '../engine';
import type { KernelTime } from '../../src/shared/types';
import { type BenchOptions, type BenchRecord, type RowResult, record, skipped } from '../record';
import { fastest } from '../stats';
import { attentionMacs } from '../work';

const CONTEXTS = [128, 512, 2048];
const TOKENS = 2048;
const BARS = { rate: ['>=', 0.5], constant: ['<=', 1.1], linear: ['<=', 1.01] } as const;
const NAMES = { rate: 'attention kernels, share of the matmul rate', constant: 'other kernels, most ÷ least ms a token, context 128–2048', linear: 'memory, growth against linear, context 512–4096' };

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openGpu();
  const config: LlamaConfig = { ...(await download(options.model)).config, layers: 2, context: 4096 };
  const records = [...(await speed(gpu, config, options)), await memory(gpu, config, options)];
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return { gpu: gpu.info, records };
}

async function speed(gpu: Gpu, config: LlamaConfig, options: BenchOptions): Promise<BenchRecord[]> {
  if (!gpu.info.timestamps) {
    const why = 'the adapter has no timestamps';
    return [skipped(NAMES.rate, '', [...BARS.rate], why), skipped(NAMES.constant, '', [...BARS.constant], why)];
  }
  const base = randomBase(gpu, config);
  const probe = await MatmulProbe.create(gpu);
  const trainings: Training[] = [];
  for (const context of CONTEXTS) trainings.push(await Training.create(base, [runConfig('lora', 'lora', options.rank)], randomBatch(config, TOKENS / context, context)));
  const profiles: KernelTime[][][] = trainings.map(() => []);
  const rounds = options.repeats ?? 2;
  for (let round = 0; round < rounds; round++) {
    for (const [i, training] of trainings.entries()) {
      const profile = await training.profile();
      await probe.measure();
      profiles[i].push(profile);
      console.info(`context ${CONTEXTS[i]}, round ${round + 1} of ${rounds}`);
    }
  }
  const ms = (i: number, wanted: boolean) => fastest(profiles[i]).reduce((sum, k) => sum + (isAttention(k.kernel) === wanted ? k.ms : 0), 0);
  const { rate } = probe.best;
  // The useful work: two products forward, five backward; what the backward computes again does not count.
  const shares = trainings.map((t, i) => attentionMacs(config, t.batch, 7) / (ms(i, true) / 1000) / rate);
  const others = trainings.map((_, i) => ms(i, false) / TOKENS);
  for (const training of trainings) training.free();
  probe.free();
  base.free();
  const list = (values: number[], digits: number) => CONTEXTS.map((c, i) => `${c}: ${values[i].toFixed(digits)}`).join(', ');
  return [
    record(NAMES.rate, Math.min(...shares), '', [...BARS.rate], `lowest of ${list(shares, 3)}; matmul ${((2 * rate) / 1e9).toFixed(2)} GFLOP/s`),
    record(NAMES.constant, Math.max(...others) / Math.min(...others), '', [...BARS.constant], `ms a token at ${list(others, 3)}`),
  ];
}

/** Bytes that one sequence of a length costs, for doubling lengths: each doubling must cost twice the one before. */
async function memory(gpu: Gpu, config: LlamaConfig, options: BenchOptions): Promise<BenchRecord> {
  const base = randomBase(gpu, config);
  const lengths = [512, 1024, 2048, 4096];
  const bytes: number[] = [];
  for (const length of lengths) {
    const training = await Training.create(base, [runConfig('lora', 'lora', options.rank)], randomBatch(config, 1, length));
    bytes.push(gpu.buffers.live().bytes);
    training.free();
  }
  base.free();
  const growth = [1, 2].map((i) => (bytes[i + 1] - bytes[i]) / (bytes[i] - bytes[i - 1]) / 2);
  return record(NAMES.linear, Math.max(...growth), '', [...BARS.linear], lengths.map((l, i) => `${l}: ${(bytes[i] / 1e6).toFixed(1)} MB`).join(', '));
}
