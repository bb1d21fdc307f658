/** What the gate costs: TS-LoRA steps beside LoRA steps, and the adapter's kernels alone. */
import { Training, isAdapter, loadBase, openGpu, randomBatch, runConfig } from '../engine';
import type { KernelTime } from '../../src/shared/types';
import { type BenchOptions, type BenchRecord, type RowResult, record, skipped } from '../record';
import { fastest, interleave, median, medianInterval, ratios, spread } from '../stats';

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openGpu();
  const base = await loadBase(gpu, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 4, options.tokens ?? 64);
  const lora = await Training.create(base, [runConfig('lora', 'lora', options.rank)], batch);
  const [open, half] = [await gatedAt(1), await gatedAt(0.5)];

  async function gatedAt(share: number): Promise<Training> {
    const training = await Training.create(base, [runConfig('ts-lora', 'ts-lora', options.rank)], batch);
    await training.keep(share);
    return training;
  }

  const times = await interleave({ lora: () => lora.stepMs(), open: () => open.stepMs(), half: () => half.stepMs() }, options.pairs ?? 50);
  const compare = (name: string, which: 'open' | 'half', kept: number, bar: number): BenchRecord => {
    const all = ratios(times[which], times.lora);
    const [low, high] = medianInterval(all);
    return record(name, median(all), '', ['<=', bar], `95 % interval ${low.toFixed(3)}–${high.toFixed(3)} over ${all.length} pairs; ${(100 * kept).toFixed(1)} % kept; ${spread(times[which], 0)} ms over ${spread(times.lora, 0)} ms`);
  };
  const records = [
    compare('TS-LoRA step ÷ LoRA step, nothing skipped', 'open', open.kept, 1.03),
    compare('TS-LoRA step ÷ LoRA step, half skipped', 'half', half.kept, 1),
    await kernelsAlone(gpu.info.timestamps, lora, half, options.repeats ?? 5),
  ];
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return { gpu: gpu.info, records };
}

async function kernelsAlone(timestamps: boolean, lora: Training, half: Training, rounds: number): Promise<BenchRecord> {
  const name = 'adapter kernels, half skipped ÷ LoRA';
  if (!timestamps) return skipped(name, '', ['<=', 0.75], 'the adapter has no timestamps');
  const profiles: Record<'lora' | 'half', KernelTime[][]> = { lora: [], half: [] };
  for (let round = 0; round < rounds; round++) {
    profiles.lora.push(await lora.profile());
    profiles.half.push(await half.profile());
  }
  const ms = (which: 'lora' | 'half') => fastest(profiles[which]).reduce((sum, k) => sum + (isAdapter(k.kernel) ? k.ms : 0), 0);
  return record(name, ms('half') / ms('lora'), '', ['<=', 0.75], `${ms('half').toFixed(1)} ms over ${ms('lora').toFixed(1)} ms, by timestamps, each kernel at its fastest of ${rounds}`);
}
