/** Time per kernel from timestamp queries: every dispatch in a pass of its own, so it is slower than a normal step. */
import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { DeviceInfo, KernelTime } from '../../../shared/types';
import type { Buffers } from '../buffers';
import type { Profiler } from '../device';
import { type Timed, timesByKernel } from '../times';
import { freeStaging, staging } from './staging';

/** Dispatches of one query set, which holds at most 4096 queries. */
const PER_SET = 2048;

export class GpuProfiler implements Profiler {
  readonly #device: GPUDevice;
  readonly #buffers: Buffers;
  readonly #sets: GPUQuerySet[] = [];
  readonly #timed: Omit<Timed, 'ms'>[] = [];

  /** @throws {GpuError} when the adapter has no timestamp queries. */
  constructor(device: GPUDevice, buffers: Buffers, info: DeviceInfo) {
    if (!info.timestamps) throw new GpuError(message('engine.gpu.noTimestamps'));
    this.#device = device;
    this.#buffers = buffers;
  }

  /** A pass for one dispatch of `kernel`, which does `macs` multiply-adds. */
  pass(encoder: GPUCommandEncoder, kernel: string, macs: number | null): GPUComputePassEncoder {
    const i = this.#timed.length % PER_SET;
    if (i === 0)
      this.#sets.push(this.#device.createQuerySet({ label: 'profile', type: 'timestamp', count: 2 * PER_SET }));
    this.#timed.push({ kernel, macs });
    return encoder.beginComputePass({
      label: kernel,
      timestampWrites: {
        querySet: this.#sets.at(-1)!,
        beginningOfPassWriteIndex: 2 * i,
        endOfPassWriteIndex: 2 * i + 1,
      },
    });
  }

  async finish(): Promise<KernelTime[]> {
    const times = await this.#read();
    return timesByKernel(
      this.#timed.map((timed, i) => ({ ...timed, ms: Number(times[2 * i + 1] - times[2 * i]) / 1e6 })),
    );
  }

  async span(): Promise<number> {
    const times = await this.#read();
    return Number(times[2 * this.#timed.length - 1] - times[0]) / 1e6;
  }

  /** Nanoseconds: beginning and end of every pass, in their order. */
  async #read(): Promise<BigUint64Array> {
    const device = this.#device;
    const bytes = 16 * PER_SET;
    const size = bytes * this.#sets.length;
    const resolved = device.createBuffer({
      label: 'profile',
      size,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const target = staging(device, this.#buffers, 'profile', size);
    const encoder = device.createCommandEncoder({ label: 'profile' });
    this.#sets.forEach((set, i) => encoder.resolveQuerySet(set, 0, 2 * PER_SET, resolved, i * bytes));
    encoder.copyBufferToBuffer(resolved, 0, target, 0, size);
    device.queue.submit([encoder.finish()]);
    await target.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(target.getMappedRange().slice(0));
    freeStaging(this.#buffers, target);
    resolved.destroy();
    for (const set of this.#sets) set.destroy();
    return times;
  }
}
