/** A model of SmolLM2-135M's shape: what is planned, what is allocated, and that one step runs. */
import { Training, openGpu, plannedBytes, randomBase, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type RowResult, record } from '../record';
import { smollm } from '../shapes';
import { time } from '../stats';

const RANK = 16;

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openGpu();
  const tokens = options.tokens ?? 512;
  const batch = randomBatch(smollm, 1, tokens);
  const runs = [runConfig('lora', 'lora', RANK)];
  const base = randomBase(gpu, smollm);
  const planned = plannedBytes(base, runs, batch);
  console.info(`planned ${(planned / 1e6).toFixed(0)} MB`);
  const training = await Training.create(base, runs, batch);
  let loss = NaN;
  const ms = await time(async () => {
    loss = await training.step();
  });
  const allocated = gpu.buffers.live().bytes;
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return {
    gpu: gpu.info,
    records: [
      record('SmolLM2-135M shape, allocated', allocated / 1e6, 'MB', ['<=', 900], `planned ${(planned / 1e6).toFixed(1)} MB; 1 × ${tokens} tokens, rank ${RANK}; one step in ${(ms / 1000).toFixed(1)} s, loss ${loss.toFixed(3)}`),
      record('SmolLM2-135M shape, planned', planned / 1e6, 'MB', ['<=', 900]),
      record('SmolLM2-135M shape, plan against allocation', (100 * Math.abs(planned - allocated)) / allocated, '%', ['<=', 5]),
    ],
  };
}
