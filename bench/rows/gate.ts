/**
 * What the gate costs and saves: TS-LoRA steps beside LoRA steps at several shares of skipped tokens, each beside what
 * the count of operations allows, and the adapter's kernels alone.
 */
import { formatTable } from '../format';
import { type Device, Training, isAdapter, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import type { BaseModel } from '../../src/engine';
import type { KernelTime, TokenBatch } from '../../src/shared/types';
import { type Bar, type BenchOptions, type BenchRecord, type RowResult, record, skipped } from '../record';
import { interleave, median, ratios, spread } from '../stats';

/** Bars by rank and percent skipped: those of the device. */
type Bars = Record<number, Record<number, Bar | null>>;
const BARS: Record<'cpu' | 'gpu', Bars> = {
  cpu: { 8: { 0: ['<=', 1.02], 50: ['<=', 1], 75: null }, 64: { 0: null, 50: ['<=', 0.92], 75: null } },
  gpu: { 8: { 0: ['<=', 1.03], 50: ['<=', 1] } },
};
const KERNELS: Record<'cpu' | 'gpu', Bar> = { cpu: ['<=', 0.72], gpu: ['<=', 0.75] };

export async function run(options: BenchOptions): Promise<RowResult> {
  const device = await openDevice(options);
  const base = await loadBase(device, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 4, options.tokens ?? 64);
  const bars = BARS[options.device];
  const records: BenchRecord[] = [];
  const texts: string[] = [];
  for (const rank of Object.keys(bars).map(Number)) {
    const variants = await variantsOf(base, batch, rank, Object.keys(bars[rank]).map(Number));
    records.push(...(await steps(variants, rank, bars[rank], options.pairs ?? (options.device === 'cpu' ? 30 : 10))));
    if (rank === options.rank) {
      const alone = await kernelsAlone(device, variants, KERNELS[options.device], options.repeats ?? 15);
      records.push(alone.record);
      if (alone.text) texts.push(alone.text);
    }
    for (const { training } of [variants.lora, ...variants.gated]) training.free();
  }
  const error = device.error();
  if (error) throw error;
  device.destroy();
  return { gpu: device.info, records, text: texts.join('\n\n') };
}

interface Variant {
  /** Percent of tokens that are skipped, as asked for. */
  skip: number;
  training: Training;
}

interface Variants {
  lora: Variant;
  gated: Variant[];
}

async function variantsOf(base: BaseModel, batch: TokenBatch, rank: number, skips: number[]): Promise<Variants> {
  const lora = { skip: 0, training: await Training.create(base, [runConfig('lora', 'lora', rank)], batch) };
  const gated: Variant[] = [];
  for (const skip of skips) {
    const training = await Training.create(base, [runConfig('ts-lora', 'ts-lora', rank)], batch);
    await training.keep(1 - skip / 100);
    gated.push({ skip, training });
  }
  return { lora, gated };
}

async function steps(
  { lora, gated }: Variants,
  rank: number,
  bars: Bars[number],
  pairs: number,
): Promise<BenchRecord[]> {
  const of =
    ({ training }: Variant) =>
    () =>
      training.stepMs();
  const times: Record<string, number[]> = await interleave(
    { lora: of(lora), ...Object.fromEntries(gated.map((variant) => [`skip ${variant.skip} %`, of(variant)])) },
    pairs,
  );
  return gated.map((variant) => {
    const ms = times[`skip ${variant.skip} %`];
    const { kept } = variant.training;
    const allowed = variant.training.macs() / lora.training.macs();
    const detail = `by count ${allowed.toFixed(3)}; ${(100 * kept).toFixed(1)} % kept; ${spread(ms)} ms over ${spread(times.lora)} ms`;
    return record(
      `TS-LoRA step ÷ LoRA step, rank ${rank}, ${variant.skip} % skipped`,
      median(ratios(ms, times.lora)),
      '',
      {
        bar: bars[variant.skip],
        detail,
        readings: { lora: times.lora, 'ts-lora': ms },
      },
    );
  });
}

/**
 * The adapter's kernels, each timed by itself: the ratio of their sums in each of `rounds`, and a table of each
 * kernel's median.
 */
async function kernelsAlone(
  device: Device,
  variants: Variants,
  bar: Bar,
  rounds: number,
): Promise<{ record: BenchRecord; text?: string }> {
  const name = 'adapter operations, half skipped ÷ LoRA';
  if (!device.info.timestamps) return { record: skipped(name, '', bar, 'the adapter has no timestamps') };
  const half = variants.gated.find(({ skip }) => skip === 50)!;
  const profiles: Record<'lora' | 'half', KernelTime[][]> = { lora: [], half: [] };
  const profile =
    (which: 'lora' | 'half', { training }: Variant) =>
    async () => {
      const kernels = (await training.profile()).filter((k) => isAdapter(k.kernel));
      profiles[which].push(kernels);
      return kernels.reduce((sum, k) => sum + k.ms, 0);
    };
  const ms = await interleave({ lora: profile('lora', variants.lora), half: profile('half', half) }, rounds);
  const rows = (method: string, of: KernelTime[][]) =>
    of[0].map(({ kernel, calls }) => {
      const each = median(of.flatMap((kernels) => kernels.filter((k) => k.kernel === kernel).map((k) => k.ms)));
      return [method, kernel, String(calls), each.toFixed(2), ((1000 * each) / calls).toFixed(0)];
    });
  // A x and Bᵀ g for all tokens, the other four for kept ones.
  const detail = `by count ${((2 + 4 * half.training.kept) / 6).toFixed(3)}; ${spread(ms.half)} ms over ${spread(ms.lora)} ms`;
  return {
    record: record(name, median(ratios(ms.half, ms.lora)), '', { bar, detail, readings: ms }),
    text: formatTable([
      ['', 'kernel', 'calls', 'ms', 'µs a call'],
      ...rows('LoRA', profiles.lora),
      ...rows('half', profiles.half),
    ]),
  };
}
