/** Time per kernel from timestamp queries: every dispatch in a pass of its own, so it is slower than a normal step. */
import { GpuError } from '../../shared/errors';
import { texts } from '../../shared/texts';
import type { KernelTime } from '../../shared/types';
import type { Gpu } from './device';

/** Dispatches of one query set, which holds at most 4096 queries. */
const PER_SET = 2048;

export class Profiler {
  readonly #gpu: Gpu;
  readonly #sets: GPUQuerySet[] = [];
  readonly #timed: { kernel: string; macs: number | null }[] = [];

  /** @throws {GpuError} when the adapter has no timestamp queries. */
  constructor(gpu: Gpu) {
    if (!gpu.info.timestamps) throw new GpuError(texts().errors.engine.gpu.noTimestamps);
    this.#gpu = gpu;
  }

  /** A pass for one dispatch of `label`, which does `macs` multiply-adds. */
  pass(encoder: GPUCommandEncoder, label: string, macs: number | null): GPUComputePassEncoder {
    const i = this.#timed.length % PER_SET;
    if (i === 0) this.#sets.push(this.#gpu.device.createQuerySet({ label: 'profile', type: 'timestamp', count: 2 * PER_SET }));
    this.#timed.push({ kernel: label, macs });
    return encoder.beginComputePass({ label, timestampWrites: { querySet: this.#sets.at(-1)!, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 } });
  }

  /** Times by kernel, longest first. Call once, after the last submit. */
  async finish(): Promise<KernelTime[]> {
    const { device, buffers } = this.#gpu;
    const bytes = 16 * PER_SET;
    const resolved = device.createBuffer({ label: 'profile', size: bytes * this.#sets.length, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const staging = buffers.staging('profile', bytes * this.#sets.length);
    const encoder = device.createCommandEncoder({ label: 'profile' });
    this.#sets.forEach((set, i) => encoder.resolveQuerySet(set, 0, 2 * PER_SET, resolved, i * bytes));
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes * this.#sets.length);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(staging.getMappedRange().slice(0));
    buffers.freeStaging(staging);
    resolved.destroy();
    for (const set of this.#sets) set.destroy();
    const byKernel = new Map<string, KernelTime>();
    this.#timed.forEach(({ kernel, macs }, i) => {
      const entry = byKernel.get(kernel) ?? { kernel, calls: 0, ms: 0, macs: 0 };
      entry.calls++;
      entry.macs = entry.macs === null || macs === null ? null : entry.macs + macs;
      entry.ms += Number(times[2 * i + 1] - times[2 * i]) / 1e6;
      byKernel.set(kernel, entry);
    });
    return [...byKernel.values()].sort((a, b) => b.ms - a.ms);
  }
}
