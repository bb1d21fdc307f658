/** Long training on the nano model: nothing may pile up, on the GPU or in the page. */
import { Training, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type RowResult, record, services } from '../record';

const FROM = 10;

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openDevice(options);
  const base = await loadBase(gpu, 'sieve-stories-nano');
  const training = await Training.create(
    base,
    [runConfig('lora', 'lora', options.rank), runConfig('ts-lora', 'ts-lora', options.rank)],
    randomBatch(base.config, 1, options.tokens ?? 8),
  );
  const to = options.steps ?? 500;
  const train = async (steps: number) => {
    for (let i = 0; i < steps; i++) await training.step();
    await gpu.done();
    return { ...gpu.buffers.live(), heap: await services().benchHeap() };
  };
  const before = await train(FROM);
  const after = await train(to - FROM);
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  const steps = `steps ${FROM} to ${to}`;
  return {
    gpu: gpu.info,
    records: [
      record(`GPU memory growth, ${steps}`, after.bytes - before.bytes, 'bytes', {
        bar: ['<=', 0],
        detail: `${(after.bytes / 1e6).toFixed(1)} MB in ${after.buffers} buffers, ${before.buffers} before`,
      }),
      record(`GPU buffers' growth, ${steps}`, after.buffers - before.buffers, 'buffers', { bar: ['<=', 0] }),
      record(`JavaScript heap growth, ${steps}`, (after.heap - before.heap) / 1e6, 'MB', {
        bar: ['<=', 1],
        detail: `${(before.heap / 1e6).toFixed(2)} to ${(after.heap / 1e6).toFixed(2)} MB, collected`,
      }),
    ],
  };
}
