/** Time per kernel from timestamp queries: every dispatch in a pass of its own, so it is slower than a normal step. */
import { GpuError } from '../../shared/errors';
import type { Gpu } from './device';

export interface KernelTime {
  kernel: string;
  calls: number;
  /** Milliseconds on the GPU, all calls together. */
  ms: number;
}

export class Profiler {
  readonly #gpu: Gpu;
  readonly #queries: GPUQuerySet;
  readonly #capacity: number;
  readonly #labels: string[] = [];

  /** @throws {GpuError} when the adapter has no timestamp queries. */
  constructor(gpu: Gpu, dispatches: number) {
    if (!gpu.info.timestamps) throw new GpuError('This adapter has no timestamp queries, so kernels cannot be timed.', 'Start the browser with --enable-dawn-features=allow_unsafe_apis, or use another adapter.');
    this.#gpu = gpu;
    // A query set holds at most 4096 queries; what is past that is not timed.
    this.#capacity = Math.min(dispatches, 2048);
    this.#queries = gpu.device.createQuerySet({ label: 'profile', type: 'timestamp', count: 2 * this.#capacity });
  }

  /** A pass for one dispatch of `label`. */
  pass(encoder: GPUCommandEncoder, label: string): GPUComputePassEncoder {
    const i = this.#labels.length;
    if (i >= this.#capacity) return encoder.beginComputePass({ label });
    this.#labels.push(label);
    return encoder.beginComputePass({ label, timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 } });
  }

  /** Times by kernel, longest first. Call once, after the last submit. */
  async finish(): Promise<KernelTime[]> {
    const { device, buffers } = this.#gpu;
    const bytes = 16 * this.#capacity;
    const resolved = device.createBuffer({ label: 'profile', size: bytes, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const staging = buffers.staging('profile', bytes);
    const encoder = device.createCommandEncoder({ label: 'profile' });
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#capacity, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(staging.getMappedRange().slice(0));
    buffers.freeStaging(staging);
    resolved.destroy();
    this.#queries.destroy();
    const byKernel = new Map<string, KernelTime>();
    this.#labels.forEach((kernel, i) => {
      const entry = byKernel.get(kernel) ?? { kernel, calls: 0, ms: 0 };
      entry.calls++;
      entry.ms += Number(times[2 * i + 1] - times[2 * i]) / 1e6;
      byKernel.set(kernel, entry);
    });
    return [...byKernel.values()].sort((a, b) => b.ms - a.ms);
  }
}
