/** What the exact proximal step costs: the sort and the step of all modules' tokens, as a share of a training step. */
import { ProximalProbe, Training, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type RowResult, record } from '../record';
import { interleave, median, ratios, spread } from '../stats';

const MODULES = 56;
const BAR = 0.05;

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openDevice(options);
  const base = await loadBase(gpu, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 16, options.tokens ?? 256);
  const tokens = batch.ids.length;
  const training = await Training.create(base, [runConfig('lora', 'lora', options.rank)], batch);
  const probe = await ProximalProbe.create(gpu, MODULES, tokens);
  const times = await interleave({ proximal: () => probe.ms(), step: () => training.stepMs() }, options.repeats ?? 3);
  training.free();
  probe.free();
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  const all = ratios(times.proximal, times.step);
  const detail = `${spread(times.proximal, 1)} ms over ${spread(times.step, 0)} ms a LoRA step of ${tokens} tokens`;
  return {
    gpu: gpu.info,
    records: [
      record(`exact proximal step, ${MODULES} modules × ${tokens} tokens, share of a step`, median(all), '', {
        bar: ['<=', BAR],
        detail,
        readings: times,
      }),
    ],
  };
}
