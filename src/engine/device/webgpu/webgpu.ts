/** The door to the GPU: asks for a device, checks what it can do, and fails loudly. */
import { GpuError, OutOfMemoryError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { DeviceInfo } from '../../../shared/types';
import { Buffers, type MemorySource, wholeWords } from '../buffers';
import type { Device } from '../device';
import { GpuCommands, GpuReadback, prepare } from './commands';
import { Pipelines } from './pipelines';
import { GpuProfiler } from './profiler';

const WANTED_FEATURES = ['timestamp-query', 'shader-f16'] as const;
/** Limits that are asked for at the adapter's own maximum. */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Whether an adapter computes on the CPU. Older browsers say so on the adapter itself. */
const isSoftware = (adapter: GPUAdapter & { isFallbackAdapter?: boolean }): boolean =>
  adapter.info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;

/** The browser's preferred adapter; null where there is no WebGPU or no adapter. */
export async function findAdapter(): Promise<GPUAdapter | null> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
}

/** Whether `adapter` is a GPU, and not the CPU in disguise. */
export const isHardware = (adapter: GPUAdapter): boolean => !isSoftware(adapter);

/**
 * Opens a device on `adapter`, the browser's preferred one unless given.
 * @throws {GpuError} when there is no WebGPU or no adapter.
 */
export async function openWebGpu(adapter?: GPUAdapter): Promise<WebGpuDevice> {
  adapter ??= (await findAdapter()) ?? undefined;
  if (!adapter) {
    throw new GpuError(
      (globalThis.navigator as Navigator | undefined)?.gpu
        ? message('engine.gpu.noAdapter')
        : message('engine.gpu.noWebGpu'),
    );
  }
  const requiredLimits: Record<string, number> = {};
  for (const name of WANTED_LIMITS) requiredLimits[name] = adapter.limits[name];
  const device = await adapter.requestDevice({
    label: 'sieve',
    requiredFeatures: WANTED_FEATURES.filter((f) => adapter.features.has(f)),
    requiredLimits,
  });
  return new WebGpuDevice(device, adapter);
}

function infoOf(device: GPUDevice, adapter: GPUAdapter): DeviceInfo {
  const { vendor, architecture, description } = adapter.info;
  return {
    kind: 'gpu',
    vendor,
    architecture,
    description,
    software: isSoftware(adapter),
    threads: null,
    shaderF16: device.features.has('shader-f16'),
    timestamps: device.features.has('timestamp-query'),
    maxBufferSize: device.limits.maxBufferSize,
    maxBindingSize: device.limits.maxStorageBufferBindingSize,
  };
}

/** Buffers of a GPU; it orders frees and writes itself. */
function memoryOf(device: GPUDevice): MemorySource {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  return {
    largest: Math.min(maxBufferSize, maxStorageBufferBindingSize),
    allocate: (label, size, usage) => {
      const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage;
      return device.createBuffer({
        label,
        size,
        usage: STORAGE | COPY_SRC | COPY_DST | (usage === 'uniform' ? UNIFORM : 0),
      });
    },
    free: (buffer) => (buffer as GPUBuffer).destroy(),
    write: (buffer, offset, bytes) =>
      device.queue.writeBuffer(buffer as GPUBuffer, offset, bytes as Uint8Array<ArrayBuffer>),
  };
}

export class WebGpuDevice implements Device {
  readonly info: DeviceInfo;
  readonly buffers: Buffers;
  readonly lost: Promise<string>;
  readonly pipelines: Pipelines;
  tuning: Record<string, string> = {};
  readonly blocked = new Set<string>();
  readonly #device: GPUDevice;
  #error: GpuError | null = null;

  constructor(device: GPUDevice, adapter: GPUAdapter) {
    this.#device = device;
    this.info = infoOf(device, adapter);
    this.buffers = new Buffers(memoryOf(device));
    this.pipelines = new Pipelines(device);
    this.lost = device.lost.then((l) => `${l.reason}: ${l.message}`);
    device.addEventListener('uncapturederror', (event) => {
      this.#error ??=
        event.error instanceof GPUOutOfMemoryError
          ? this.#outOfMemory()
          : new GpuError(message('engine.gpu.reported', { message: event.error.message }));
    });
  }

  prepare(...[scope, label, ops]: Parameters<Device['prepare']>): ReturnType<Device['prepare']> {
    return prepare(this.#device, this.pipelines, scope, { label, ops });
  }

  submit(label: string, record: (commands: GpuCommands) => void): void {
    const commands = new GpuCommands(this.#device.createCommandEncoder({ label }));
    record(commands);
    this.#device.queue.submit([commands.encoder.finish()]);
  }

  write(...[tensor, data, offset = 0]: Parameters<Device['write']>): void {
    this.buffers.source.write(tensor.memory, tensor.offset + offset, wholeWords(data));
  }

  readback(label: string, bytes: number): GpuReadback {
    return new GpuReadback(this.#device, this.buffers, label, bytes);
  }

  profiler(): GpuProfiler {
    return new GpuProfiler(this.#device, this.buffers, this.info);
  }

  async done(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone();
  }

  async withinMemory<T>(allocate: () => T): Promise<T> {
    this.#device.pushErrorScope('out-of-memory');
    this.#device.pushErrorScope('validation');
    let result: T | undefined;
    let failure: unknown = null;
    try {
      result = allocate();
    } catch (error) {
      failure = error;
    }
    // Running out of memory explains whatever else failed: writing to a buffer that is not there, say.
    const [invalid, full] = await Promise.all([this.#device.popErrorScope(), this.#device.popErrorScope()]);
    if (full) throw this.#outOfMemory();
    if (failure) throw failure;
    if (invalid) throw new GpuError(message('engine.gpu.invalid', { message: invalid.message }));
    return result as T;
  }

  #outOfMemory(): OutOfMemoryError {
    return new OutOfMemoryError(
      message('engine.gpu.outOfMemory', { mib: (this.buffers.live().bytes / 2 ** 20).toFixed(0) }),
    );
  }

  error(): GpuError | null {
    return this.#error;
  }

  forgive(): void {
    this.#error = null;
  }

  destroy(): void {
    this.#device.destroy();
  }
}
