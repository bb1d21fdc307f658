/** What the gate costs: TS-LoRA steps beside LoRA steps, and the adapter's kernels alone. */
import { formatTable } from '../format';
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
  ];
  const kernels = await kernelsAlone(gpu.info.timestamps, lora, half, options.repeats ?? 5);
  records.push(kernels.record);
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return { gpu: gpu.info, records, text: kernels.text };
}

/** The adapter's kernels by timestamp, each at its fastest of `rounds`: their sum, and a table of them. */
async function kernelsAlone(timestamps: boolean, lora: Training, half: Training, rounds: number): Promise<{ record: BenchRecord; text?: string }> {
  const name = 'adapter kernels, half skipped ÷ LoRA';
  if (!timestamps) return { record: skipped(name, '', ['<=', 0.75], 'the adapter has no timestamps') };
  const profiles: Record<'lora' | 'half', KernelTime[][]> = { lora: [], half: [] };
  for (let round = 0; round < rounds; round++) {
    profiles.lora.push(await lora.profile());
    profiles.half.push(await half.profile());
  }
  const [dense, gated] = [profiles.lora, profiles.half].map((all) => fastest(all).filter((k) => isAdapter(k.kernel)));
  const ms = (kernels: KernelTime[]) => kernels.reduce((sum, k) => sum + k.ms, 0);
  const rows = (method: string, kernels: KernelTime[]) => kernels.map((k) => [method, k.kernel, String(k.calls), k.ms.toFixed(2), (1000 * k.ms / k.calls).toFixed(0)]);
  return {
    record: record(name, ms(gated) / ms(dense), '', ['<=', 0.75], `${ms(gated).toFixed(1)} ms over ${ms(dense).toFixed(1)} ms, by timestamps, each kernel at its fastest of ${rounds}`),
    text: formatTable([['', 'kernel', 'calls', 'ms', 'µs a call'], ...rows('LoRA', dense), ...rows('half', gated)]),
  };
}
