/**
 * A whole LoRA step against what the adapter's best matmul rate would allow. Each step is held against the best rate of
 * the rounds' matmuls right beside it: the machine's own speed may change by half between rounds.
 */
import { MatmulProbe, Training, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type RowResult, record } from '../record';
import { interleave, median, rateShares, spread } from '../stats';

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openDevice(options);
  const base = await loadBase(gpu, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 4, options.tokens ?? 128);
  const probe = await MatmulProbe.create(gpu);
  const training = await Training.create(base, [runConfig('lora', 'lora', options.rank)], batch);
  const { ms, matmul } = await interleave(
    { ms: () => training.stepMs(), matmul: () => probe.measure() },
    options.repeats ?? 9,
  );
  const flops = 2 * training.macs();
  const shares = rateShares(flops, ms, matmul);
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  const detail = `${spread(ms, 0)} ms a step of ${(flops / 1e9).toFixed(2)} GFLOP; matmul ${spread(matmul, 2)} GFLOP/s, best at ${probe.best.size}³`;
  return {
    gpu: gpu.info,
    records: [
      record('LoRA step, share of the best matmul rate', median(shares), '', {
        bar: gpu.info.software ? ['>=', 0.65] : null,
        detail,
        readings: { ms, matmul },
      }),
    ],
  };
}
