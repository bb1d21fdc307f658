/**
 * Longer contexts at the same number of tokens a step: attention against the matmul rate, everything else per token,
 * and memory by length. Two blocks of the 4m model's shape with random weights: what is asked is how cost grows.
 */
import type { ModelDescription } from '../../src/shared/model';
import {
  type Device,
  MatmulProbe,
  Training,
  download,
  isAttention,
  openDevice,
  randomBase,
  randomBatch,
  runConfig,
} from '../engine';
import { type BenchOptions, type BenchRecord, type RowResult, record, skipped } from '../record';
import { median, spread } from '../stats';
import { attentionMacs } from '../work';

const CONTEXTS = [128, 512, 2048];
const TOKENS = 2048;
const BARS = { rate: ['>=', 0.5], constant: ['<=', 1.1], linear: ['<=', 1.01] } as const;
const NAMES = {
  rate: 'attention kernels, share of the matmul rate',
  constant: 'other kernels, most ÷ least ms a token, context 128–2048',
  linear: 'memory, growth against linear, context 512–4096',
};

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openDevice(options);
  const { config: whole } = await download(options.model);
  const config: ModelDescription = { ...whole, layers: whole.layers.slice(0, 2), context: 4096 };
  const records = [...(await speed(gpu, config, options)), await memory(gpu, config, options)];
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return { gpu: gpu.info, records };
}

async function speed(gpu: Device, config: ModelDescription, options: BenchOptions): Promise<BenchRecord[]> {
  if (!gpu.info.timestamps) {
    const why = 'the adapter has no timestamps';
    return [skipped(NAMES.rate, '', [...BARS.rate], why), skipped(NAMES.constant, '', [...BARS.constant], why)];
  }
  const base = randomBase(gpu, config);
  const probe = await MatmulProbe.create(gpu);
  const trainings: Training[] = [];
  for (const context of CONTEXTS)
    trainings.push(
      await Training.create(
        base,
        [runConfig('lora', 'lora', options.rank)],
        randomBatch(config, TOKENS / context, context),
      ),
    );
  // Each profile is held against the matmul rate right beside it: the machine's own speed may change by half between
  // two.
  const shares: number[][] = trainings.map(() => []);
  const others: number[][] = trainings.map(() => []);
  const rates: number[] = [];
  const rounds = options.repeats ?? 5;
  for (let round = 0; round < rounds; round++) {
    for (const [i, training] of trainings.entries()) {
      const before = await probe.measure();
      const profile = await training.profile();
      const rate = ((before + (await probe.measure())) / 2) * 1e9;
      const seconds = (wanted: boolean) =>
        profile.reduce((sum, k) => sum + (isAttention(k.kernel) === wanted ? k.ms : 0), 0) / 1000;
      // The useful work: two products forward, five backward; what the backward computes again does not count.
      shares[i].push((2 * attentionMacs(config, training.batch, 7)) / seconds(true) / rate);
      others[i].push((seconds(false) / TOKENS) * rate);
      rates.push(rate / 1e9);
      console.info(`context ${CONTEXTS[i]}, round ${round + 1} of ${rounds}: ${shares[i].at(-1)!.toFixed(3)}`);
    }
  }
  const share = shares.map(median);
  const other = others.map(median);
  for (const training of trainings) training.free();
  probe.free();
  base.free();
  const named = (values: number[][]) => Object.fromEntries(CONTEXTS.map((c, i) => [String(c), values[i]]));
  const list = (values: number[], digits: number) =>
    CONTEXTS.map((c, i) => `${c}: ${values[i].toFixed(digits)}`).join(', ');
  return [
    record(NAMES.rate, Math.min(...share), '', {
      bar: [...BARS.rate],
      detail: `lowest of ${list(share, 3)}, medians of ${rounds} rounds; matmul ${spread(rates, 2)} GFLOP/s`,
      readings: named(shares),
    }),
    record(NAMES.constant, Math.max(...other) / Math.min(...other), '', {
      bar: [...BARS.constant],
      detail: `kflop of matmul in the time of a token at ${list(
        other.map((x) => x / 1e3),
        0,
      )}, medians of ${rounds} rounds`,
      readings: named(others),
    }),
  ];
}

/** Bytes that one sequence of a length costs, for doubling lengths: each doubling must cost twice the one before. */
async function memory(gpu: Device, config: ModelDescription, options: BenchOptions): Promise<BenchRecord> {
  const base = randomBase(gpu, config);
  const lengths = [512, 1024, 2048, 4096];
  const bytes: number[] = [];
  for (const length of lengths) {
    const training = await Training.create(
      base,
      [runConfig('lora', 'lora', options.rank)],
      randomBatch(config, 1, length),
    );
    bytes.push(gpu.buffers.live().bytes);
    training.free();
  }
  base.free();
  const growth = [1, 2].map((i) => (bytes[i + 1] - bytes[i]) / (bytes[i] - bytes[i - 1]) / 2);
  return record(NAMES.linear, Math.max(...growth), '', {
    bar: [...BARS.linear],
    detail: lengths.map((l, i) => `${l}: ${(bytes[i] / 1e6).toFixed(1)} MB`).join(', '),
  });
}
