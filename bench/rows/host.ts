/** What a step costs the host on WebGPU: CPU time of the thread that drives it, and dispatches and submits. */
import { Training, loadBase, openDevice, randomBatch, runConfig } from '../engine';
import { type BenchOptions, type BenchRecord, type RowResult, record, services } from '../record';
import { median, spread } from '../stats';

const STEPS = 10;

/** Calls so far, by name. */
function count(): Record<'dispatches' | 'indirect dispatches' | 'submits', number> {
  const calls = { dispatches: 0, 'indirect dispatches': 0, submits: 0 };
  const watch = <P extends object>(prototype: P, method: keyof P, name: keyof typeof calls) => {
    const own = prototype[method] as (...args: unknown[]) => unknown;
    prototype[method] = function counted(this: unknown, ...args: unknown[]) {
      calls[name]++;
      return own.apply(this, args);
    } as P[keyof P];
  };
  watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', 'dispatches');
  watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', 'indirect dispatches');
  watch(GPUQueue.prototype, 'submit', 'submits');
  return calls;
}

export async function run(options: BenchOptions): Promise<RowResult> {
  const device = await openDevice(options);
  const base = await loadBase(device, options.model);
  const batch = randomBatch(base.config, options.sequences ?? 4, options.tokens ?? 64);
  const calls = count();
  const records: BenchRecord[] = [];
  for (const method of ['lora', 'ts-lora'] as const) {
    const training = await Training.create(base, [runConfig(method, method, options.rank)], batch);
    if (method === 'ts-lora') await training.keep(0.5);
    for (let i = 0; i < 3; i++) await training.step();
    const before = { ...calls };
    const ms: number[] = [];
    for (let i = 0; i < (options.repeats ?? STEPS); i++) {
      const start = await services().benchThreadSeconds();
      await training.step();
      ms.push(1000 * ((await services().benchThreadSeconds()) - start));
    }
    const each = (name: keyof typeof calls) => (calls[name] - before[name]) / ms.length;
    const name = method === 'lora' ? 'LoRA' : 'TS-LoRA, half skipped';
    records.push(
      record(`host CPU of a step, ${name}`, median(ms), 'ms', {
        bar: null,
        detail: `${spread(ms, 2)} ms of the driving thread, one question to Node included`,
        readings: { ms },
      }),
      record(`dispatches of a step, ${name}`, each('dispatches') + each('indirect dispatches'), '', {
        bar: null,
        detail: `${each('indirect dispatches')} of them indirect; ${each('submits')} submits`,
      }),
    );
    training.free();
  }
  const error = device.error();
  if (error) throw error;
  device.destroy();
  return { gpu: device.info, records };
}
