/** What the gate costs: TS-LoRA steps beside LoRA steps, and the adapter's kernels alone. */
import { formatTable } from '../format';
import { Training, isAdapter, loadBase, openGpu, randomBatch, runConfig } from '../engine';
import type { KernelTime } from '../../src/shared/types';
import { type BenchOptions, type BenchRecord, type RowResult, record, skipped } from '../record';
import { interleave, median, medianInterval, ratios, spread } from '../stats';

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
  ];
  const kernels = await kernelsAlone(gpu.info.timestamps, lora, half, options.repeats ?? 15);
  records.push(kernels.record);
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return { gpu: gpu.info, records, text: kernels.text };
}

/** The adapter's kernels by timestamp: the ratio of their sums in each of `rounds`, and a table of each kernel's median. */
async function kernelsAlone(timestamps: boolean, lora: Training, half: Training, rounds: number): Promise<{ record: BenchRecord; text?: string }> {
  const name = 'adapter kernels, half skipped ÷ LoRA';
  if (!timestamps) return { record: skipped(name, '', ['<=', 0.75], 'the adapter has no timestamps') };
  const profiles: Record<'lora' | 'half', KernelTime[][]> = { lora: [], half: [] };
  const profile = (which: 'lora' | 'half', training: Training) => async () => {
    const kernels = (await training.profile()).filter((k) => isAdapter(k.kernel));
    profiles[which].push(kernels);
    return kernels.reduce((sum, k) => sum + k.ms, 0);
  };
  const ms = await interleave({ lora: profile('lora', lora), half: profile('half', half) }, rounds);
  const all = ratios(ms.half, ms.lora);
  const [low, high] = medianInterval(all);
  const rows = (method: string, of: KernelTime[][]) => of[0].map(({ kernel, calls }) => {
    const each = median(of.flatMap((kernels) => kernels.filter((k) => k.kernel === kernel).map((k) => k.ms)));
    return [method, kernel, String(calls), each.toFixed(2), ((1000 * each) / calls).toFixed(0)];
  });
  return {
    record: record(name, median(all), '', ['<=', 0.75], `95 % interval ${low.toFixed(3)}–${high.toFixed(3)} over ${all.length} pairs; ${spread(ms.half)} ms over ${spread(ms.lora)} ms, by timestamps`),
    text: formatTable([['', 'kernel', 'calls', 'ms', 'µs a call'], ...rows('LoRA', profiles.lora), ...rows('half', profiles.half)]),
  };
}
