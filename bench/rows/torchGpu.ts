/** On a real GPU: our step beside PyTorch's in eager fp32 on the same shapes. */
import { Training, loadBase, openDevice, randomBase, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type RowResult, record, services, skipped } from '../record';
import { smollm } from '../shapes';
import { median, spread } from '../stats';

const BAR = ['>=', 0.5] as const;
/** As torch_step.py names them. */
const SHAPES = ['4m', '135m'] as const;
const title = (shape: string) => `LoRA step, PyTorch CUDA ÷ ours, ${shape}`;

export async function run(options: BenchOptions): Promise<RowResult> {
  const gpu = await openDevice(options);
  const give = (why: string): RowResult => ({
    gpu: gpu.info,
    records: SHAPES.map((shape) => skipped(title(shape), '', [...BAR], why)),
  });
  if (gpu.info.software) return give('no GPU at hand: the adapter is software');
  const repeats = options.repeats ?? 20;
  const torch = await services().benchTorch({ device: 'cuda', shapes: [...SHAPES], repeats });
  if ('why' in torch) return give(torch.why);
  const records = [];
  for (const shape of SHAPES) {
    const base = shape === '4m' ? await loadBase(gpu, 'sieve-stories-4m') : randomBase(gpu, smollm);
    const batch = shape === '4m' ? randomBatch(base.config, 4, 128) : randomBatch(base.config, 1, 512);
    const training = await Training.create(base, [runConfig('lora', 'lora', shape === '4m' ? 8 : 16)], batch);
    for (let i = 0; i < 3; i++) await training.step();
    const ours: number[] = [];
    for (let i = 0; i < repeats; i++) ours.push(await training.stepMs());
    training.free();
    base.free();
    const theirs = torch.ms[shape];
    records.push(
      record(title(shape), median(theirs) / median(ours), '', {
        bar: [...BAR],
        detail: `${spread(theirs, 2)} ms in PyTorch on ${torch.device}, ${spread(ours, 2)} ms here`,
        readings: { ours, theirs },
      }),
    );
  }
  const error = gpu.error();
  if (error) throw error;
  gpu.destroy();
  return { gpu: gpu.info, records };
}
