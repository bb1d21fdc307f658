/** A LoRA step of the 4m model, 4 × 64 tokens: the CPU engine beside PyTorch on the CPU with as many threads. */
import { Training, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type BenchRecord, type RowResult, record, services, skipped } from '../record';
import { median, spread } from '../stats';

const BAR = ['<=', 1.15] as const;
const THREADS = [1, 2];
const RANK = 8;

export async function run(options: BenchOptions): Promise<RowResult> {
  const records: BenchRecord[] = [];
  let info: RowResult['gpu'] = null;
  const repeats = options.repeats ?? 15;
  for (const threads of THREADS) {
    const title = `LoRA step, ours ÷ PyTorch CPU, 4m at 4 × 64, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    const device = await openDevice({ device: 'cpu', threads });
    info = device.info;
    const base = await loadBase(device, 'sieve-stories-4m');
    const training = await Training.create(base, [runConfig('lora', 'lora', RANK)], randomBatch(base.config, 4, 64));
    // One after the other: side by side they would take the cores from one another. Half of ours before, half after.
    const ours: number[] = [];
    const some = async () => {
      for (let i = 0; i < 3; i++) await training.step();
      for (let i = 0; i < Math.ceil(repeats / 2); i++) ours.push(await training.stepMs());
    };
    await some();
    const torch = await services().benchTorch({ device: 'cpu', shapes: ['4m-short'], repeats, threads });
    await some();
    const flops = 2 * training.macs();
    training.free();
    base.free();
    const error = device.error();
    if (error) throw error;
    device.destroy();
    const rate = (flops / median(ours) / 1e6).toFixed(1);
    const here = `${spread(ours)} ms a step here, ${rate} GFLOP/s`;
    if ('why' in torch) {
      records.push({ ...skipped(title, '', [...BAR], `${torch.why}; ${here}`), readings: { ours } });
      continue;
    }
    const theirs = torch.ms['4m-short'];
    records.push(
      record(title, median(ours) / median(theirs), '', {
        bar: [...BAR],
        detail: `${here}; ${spread(theirs)} ms in PyTorch (${torch.device})`,
        readings: { ours, theirs },
      }),
    );
  }
  return { gpu: info && { ...info, threads: Math.max(...THREADS) }, records };
}
