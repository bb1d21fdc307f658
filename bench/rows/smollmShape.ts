/** A model of SmolLM2-135M's shape: what is planned, what is allocated, and how long a step takes. */
import { Training, openDevice, plannedBytes, randomBase, randomBatch, runConfig } from '../engine';
import { type Bar, type BenchOptions, type RowResult, record } from '../record';
import { smollm } from '../shapes';
import { median, spread, time } from '../stats';

const RANK = 16;
const STEP_BAR: Record<'cpu' | 'gpu', Bar | null> = { cpu: ['<=', 6], gpu: null };

export async function run(options: BenchOptions): Promise<RowResult> {
  const device = await openDevice(options);
  const tokens = options.tokens ?? 512;
  const batch = randomBatch(smollm, 1, tokens);
  const runs = [runConfig('lora', 'lora', RANK)];
  const base = randomBase(device, smollm);
  const planned = plannedBytes(base, runs, batch);
  console.info(`planned ${(planned / 1e6).toFixed(0)} MB`);
  const training = await Training.create(base, runs, batch);
  const seconds: number[] = [];
  // The first one touches all memory and, on a GPU, compiles; on a software adapter a step takes a minute.
  const steps = options.repeats ?? (device.info.kind === 'gpu' && device.info.software ? 1 : 3);
  for (let i = 0; i < steps; i++) seconds.push((await time(() => training.step())) / 1000);
  const allocated = device.buffers.live().bytes;
  const flops = 2 * training.macs();
  const error = device.error();
  if (error) throw error;
  device.destroy();
  const rate = (flops / median(seconds) / 1e9).toFixed(1);
  return {
    gpu: device.info,
    records: [
      record('SmolLM2-135M shape, LoRA step', median(seconds), 's', {
        bar: STEP_BAR[options.device],
        detail: `1 × ${tokens} tokens, rank ${RANK}; ${spread(seconds, 2)} s, ${rate} GFLOP/s`,
        readings: { seconds },
      }),
      record('SmolLM2-135M shape, allocated', allocated / 1e6, 'MB', {
        bar: ['<=', 900],
        detail: `planned ${(planned / 1e6).toFixed(1)} MB`,
      }),
      record('SmolLM2-135M shape, planned', planned / 1e6, 'MB', { bar: ['<=', 900] }),
      record('SmolLM2-135M shape, plan against allocation', (100 * Math.abs(planned - allocated)) / allocated, '%', {
        bar: ['<=', 5],
      }),
    ],
  };
}
