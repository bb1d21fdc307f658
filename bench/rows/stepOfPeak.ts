/** A whole LoRA step against what the adapter's best matmul rate would allow, both measured in the same rounds. */
import { MatmulProbe, Training, loadBase, openGpu, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type RowResult, record } from '../record';
import { interleave, median, spread } from '../stats';

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openGpu();
  const base = await loadBase(gpu, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 4, options.tokens ?? 128);
  const probe = await MatmulProbe.create(gpu);
  const training = await Training.create(base, [runConfig('lora', 'lora', options.rank)], batch);
  const { ms } = await interleave({ ms: () => training.stepMs(), matmul: () => probe.measure() }, options.repeats ?? 5);
  const { rate, size } = probe.best;
  const share = training.macs() / (median(ms) / 1000) / rate;
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  const detail = `${spread(ms, 0)} ms a step of ${((2 * training.macs()) / 1e9).toFixed(2)} GFLOP; best matmul ${((2 * rate) / 1e9).toFixed(2)} GFLOP/s at ${size}³`;
  return { gpu: gpu.info, records: [record('LoRA step, share of the best matmul rate', share, '', gpu.info.software ? ['>=', 0.65] : null, detail)] };
}
