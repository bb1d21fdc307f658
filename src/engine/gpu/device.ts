/** The door to the GPU: asks for a device, checks what it can do, and fails loudly. */
import { GpuError, OutOfMemoryError } from '../../shared/errors';
import { texts } from '../../shared/texts';
import type { GpuInfo } from '../../shared/types';
import { Buffers } from './buffers';
import { Pipelines } from './pipelines';

/** An open device with the owners of everything that lives on it. */
export interface Gpu {
  device: GPUDevice;
  info: GpuInfo;
  buffers: Buffers;
  pipelines: Pipelines;
  /**
   * Threads that share one row in kernels which reduce over a row. A software adapter runs 4 lanes at once and
   * pays dearly for barriers across them; a GPU wants the row spread out.
   */
  rowWidth: number;
  /** Variant by shape class, as a tuner measured it; a class that is missing takes the static default. Mutable. */
  tuning: Record<string, string>;
  /** The first error the device raised outside a scope (validation, out of memory), if any. */
  error(): GpuError | null;
  /** Resolves with the reason when the device is lost. */
  lost: Promise<string>;
  destroy(): void;
}

/** Whether workgroups of four threads are whole quads: subgroups have four lanes. */
export const hasQuads = ({ info }: Pick<Gpu, 'info'>): boolean => info.subgroupSize?.every((size) => size === 4) ?? false;

const WANTED_FEATURES = ['timestamp-query', 'shader-f16', 'subgroups'] as const;
/** Limits that are asked for at the adapter's own maximum. */
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
] as const;

/**
 * Opens a device on the browser's preferred adapter.
 * @throws {GpuError} when there is no WebGPU or no adapter.
 */
export async function openGpu(): Promise<Gpu> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) throw new GpuError(texts().errors.engine.gpu.noWebGpu);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new GpuError(texts().errors.engine.gpu.noAdapter);
  const requiredLimits: Record<string, number> = {};
  for (const name of WANTED_LIMITS) requiredLimits[name] = adapter.limits[name];
  const device = await adapter.requestDevice({
    label: 'sieve',
    requiredFeatures: WANTED_FEATURES.filter((f) => adapter.features.has(f)),
    requiredLimits,
  });
  const { vendor, architecture, description } = adapter.info;
  const software = /swiftshader|llvmpipe|lavapipe|software/i.test(`${architecture} ${description} ${adapter.info.device}`);
  const info: GpuInfo = {
    vendor, architecture, description, software,
    shaderF16: device.features.has('shader-f16'),
    subgroupSize: device.features.has('subgroups') ? [adapter.info.subgroupMinSize, adapter.info.subgroupMaxSize] : null,
    timestamps: device.features.has('timestamp-query'),
    maxBufferSize: device.limits.maxBufferSize,
    maxBindingSize: device.limits.maxStorageBufferBindingSize,
  };
  let firstError: GpuError | null = null;
  device.addEventListener('uncapturederror', (event) => {
    firstError ??= new GpuError(texts().errors.engine.gpu.reported(event.error.message));
  });
  const buffers = new Buffers(device);
  return {
    device, info, buffers,
    pipelines: new Pipelines(device),
    rowWidth: software ? 4 : 64,
    tuning: {},
    error: () => firstError,
    lost: device.lost.then((l) => `${l.reason}: ${l.message}`),
    destroy: () => device.destroy(),
  };
}

/**
 * Runs `allocate` and waits for the GPU's word that everything fitted.
 * @throws {OutOfMemoryError} when it did not; freeing what was allocated is the caller's.
 */
export async function withinMemory<T>(gpu: Gpu, allocate: () => T): Promise<T> {
  gpu.device.pushErrorScope('out-of-memory');
  gpu.device.pushErrorScope('validation');
  let result: T | undefined;
  let failure: unknown = null;
  try {
    result = allocate();
  } catch (error) {
    failure = error;
  }
  // Running out of memory explains whatever else failed: writing to a buffer that is not there, say.
  const [invalid, full] = await Promise.all([gpu.device.popErrorScope(), gpu.device.popErrorScope()]);
  if (full) throw new OutOfMemoryError(texts().errors.engine.gpu.outOfMemory((gpu.buffers.live().bytes / 2 ** 20).toFixed(0)));
  if (failure) throw failure;
  if (invalid) throw new GpuError(texts().errors.engine.gpu.invalid(invalid.message));
  return result as T;
}
