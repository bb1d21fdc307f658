/** Two LoRA runs trained together against one of them. */
import { Training, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type RowResult, record } from '../record';
import { interleave, median, ratios, spread } from '../stats';

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openDevice(options);
  const base = await loadBase(gpu, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 4, options.tokens ?? 64);
  const runs = ['a', 'b'].map((id) => runConfig(id, 'lora', options.rank));
  const one = await Training.create(base, [runs[0]], batch);
  const two = await Training.create(base, runs, batch);
  const times = await interleave({ one: () => one.stepMs(), two: () => two.stepMs() }, options.repeats ?? 10);
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  const all = ratios(times.two, times.one);
  const detail = `${spread(times.two, 0)} ms over ${spread(times.one, 0)} ms`;
  return {
    gpu: gpu.info,
    records: [
      record('two runs in one pass ÷ one run', median(all), '', {
        bar: ['<=', gpu.info.software ? 2.02 : 1.6],
        detail,
        readings: times,
      }),
    ],
  };
}
