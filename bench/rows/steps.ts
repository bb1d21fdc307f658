/**
 * What training is made of: the base's forward, a LoRA step, TS-LoRA at three shares of kept tokens, and every kernel
 * of one.
 */
import { formatTable } from '../format';
import { MatmulProbe, Training, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import type { KernelTime } from '../../src/shared/types';
import { type BenchOptions, type RowResult, record } from '../record';
import { fastest, interleave, median, rateShares, spread, time } from '../stats';

const SHARES = { 'all kept': 1, 'half kept': 0.5, 'none kept': 0 } as const;

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openDevice(options);
  const base = await loadBase(gpu, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 4, options.tokens ?? 64);
  const probe = await MatmulProbe.create(gpu);
  const lora = await Training.create(base, [runConfig('lora', 'lora', options.rank)], batch);
  const gated = await Training.create(base, [runConfig('ts-lora', 'ts-lora', options.rank)], batch);

  const macs: Record<string, number> = {};
  const kept: Record<string, number> = {};
  const variant = (name: string, training: Training, share?: number) => async () => {
    if (share !== undefined) await training.keep(share);
    const ms = await training.stepMs();
    macs[name] = training.macs();
    kept[name] = training.kept;
    return ms;
  };
  const variants: Record<string, () => Promise<number>> = {
    matmul: () => probe.measure(),
    'base forward': () => time(() => lora.forward()),
    'LoRA step': variant('LoRA step', lora),
    ...Object.fromEntries(
      Object.entries(SHARES).map(([name, share]) => [
        `TS-LoRA step, ${name}`,
        variant(`TS-LoRA step, ${name}`, gated, share),
      ]),
    ),
  };
  const times = await interleave(variants, options.repeats ?? 5);
  macs['base forward'] = lora.forwardMacs();
  const { rate, size } = probe.best;
  const tokens = batch.ids.length;
  const rows = Object.entries(times)
    .filter(([name]) => name !== 'matmul')
    .map(([name, ms]) => {
      const ofRate = median(rateShares(2 * macs[name], ms, times.matmul));
      return { name, ms, ofRate, kept: name.startsWith('TS') ? kept[name] : null };
    });
  await gated.keep(0.5);
  await gated.step();
  const profiles: KernelTime[][] = [];
  for (let i = 0; gpu.info.timestamps && i < Math.min(3, options.repeats ?? 3); i++)
    profiles.push(await gated.profile());
  const kernels = fastest(profiles);
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return {
    gpu: gpu.info,
    records: rows.map((r) =>
      record(r.name, median(r.ms), 'ms', {
        bar: null,
        detail: `${spread(r.ms)}; ${(100 * r.ofRate).toFixed(0)} % of the matmul rate; ${batch.starts.length - 1} × ${batch.starts[1]} tokens`,
        readings: { ms: r.ms },
      }),
    ),
    text: [
      `own matmul, best at ${size}³: ${((2 * rate) / 1e9).toFixed(2)} GFLOP/s`,
      formatTable([
        ['', 'ms', 'fastest–slowest', 'tokens/s', 'Mmac', 'of matmul rate', 'kept'],
        ...rows.map((r) => [
          r.name,
          median(r.ms).toFixed(1),
          `${Math.min(...r.ms).toFixed(1)}–${Math.max(...r.ms).toFixed(1)}`,
          (tokens / (median(r.ms) / 1000)).toFixed(0),
          (macs[r.name] / 1e6).toFixed(0),
          `${(100 * r.ofRate).toFixed(0)} %`,
          r.kept === null ? '–' : `${(100 * r.kept).toFixed(0)} %`,
        ]),
      ]),
      ...(kernels.length ? [kernelTable(kernels, rate)] : []),
    ].join('\n\n'),
  };
}

function kernelTable(kernels: KernelTime[], rate: number): string {
  const all = kernels.reduce((sum, k) => sum + k.ms, 0);
  return `TS-LoRA step at half kept, by kernel (timestamps, each dispatch alone, fastest of a few): ${all.toFixed(0)} ms\n${formatTable(
    [
      ['kernel', 'calls', 'ms', 'share', 'GFLOP/s', 'of peak'],
      ...kernels.map((k) => {
        const speed = k.macs === null ? null : k.macs / (k.ms / 1000);
        return [
          k.kernel,
          String(k.calls),
          k.ms.toFixed(1),
          `${((100 * k.ms) / all).toFixed(1)} %`,
          speed === null ? '–' : ((2 * speed) / 1e9).toFixed(2),
          speed === null ? '–' : `${((100 * speed) / rate).toFixed(0)} %`,
        ];
      }),
    ],
  )}`;
}
