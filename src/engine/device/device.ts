/**
 * What the engine runs on: a WebGPU device (webgpu/) or the CPU (cpu/). Everything above knows only this interface.
 * Work that is sent runs in the order in which it was sent, writes included.
 */
import type { GpuError } from '../../shared/errors';
import type { DeviceInfo, KernelTime } from '../../shared/types';
import type { BufferScope, Buffers, Tensor } from './buffers';
import type { Counts } from './counts';
import type { Op } from './dispatch';

/** Commands that are being recorded, to be sent together. */
export interface Commands {
  /** Copies a tensor to another of the same size. */
  copy(from: Tensor, to: Tensor): void;
}

/** Times what runs, kernel by kernel. */
export interface Profiler {
  /** Times by kernel, longest first. To be called once, after the last work was sent. */
  finish(): Promise<KernelTime[]>;
  /** Instead of `finish`: milliseconds from the start of the first kernel to the end of the last. */
  span(): Promise<number>;
}

/** The ops of a program, ready to run: records them for these counts. */
export type Prepared = (commands: Commands, counts: Counts, profiler: Profiler | null) => void;

/** What was read, and when it was there (`performance.now()`), which may be long before anybody hears of it. */
export interface Read {
  bytes: ArrayBuffer;
  at: number;
}

/** Reads that come again step after step. Copies in flight at a time may be many; their memory is used again. */
export interface Readback {
  /**
   * Records the copies of `parts` behind one another. Call the returned function after the commands were sent; it
   * resolves with the bytes.
   */
  copy(commands: Commands, parts: readonly Tensor[]): () => Promise<Read>;
  free(): void;
}

export interface Device {
  readonly info: DeviceInfo;
  readonly buffers: Buffers;
  /** Variant by shape class, as a tuner measured it; a class that is missing takes the static default. Mutable. */
  tuning: Record<string, string>;
  /** Variants of kernels that do not compile here, or compute wrongly: plain ones take their place. */
  readonly blocked: Set<string>;
  /**
   * Compiles what `ops` need.
   * @param scope owns the sizes that the ops bind
   * @throws {KernelError} with the compiler's message and line
   */
  prepare(scope: BufferScope, label: string, ops: readonly Op[]): Promise<Prepared>;
  /** Records commands and sends them. */
  submit(label: string, record: (commands: Commands) => void): void;
  /** Writes `data` at `offset` bytes of a tensor, after what was sent before. */
  write(tensor: Tensor, data: ArrayBuffer | ArrayBufferView, offset?: number): void;
  /** @param bytes most bytes of a read; a multiple of 4 */
  readback(label: string, bytes: number): Readback;
  /** @throws {GpuError} when the device cannot tell times */
  profiler(): Profiler;
  /** Resolves when all that was sent is done. */
  done(): Promise<void>;
  /**
   * Runs `allocate` and waits for the device's word that everything fitted.
   * @throws {OutOfMemoryError} when it did not; freeing what was allocated is the caller's.
   */
  withinMemory<T>(allocate: () => T): Promise<T>;
  /** The first error the device raised outside a scope, if any; since `forgive`. */
  error(): GpuError | null;
  /** Forgets it: what comes next is another's work. */
  forgive(): void;
  /** Resolves with the reason when the device is lost. */
  readonly lost: Promise<string>;
  destroy(): void;
}

/** Reads a tensor once. */
export async function readTensor(device: Device, tensor: Tensor): Promise<ArrayBuffer> {
  const once = device.readback(tensor.label, tensor.size);
  let take: () => Promise<Read>;
  device.submit(`read ${tensor.label}`, (commands) => {
    take = once.copy(commands, [tensor]);
  });
  try {
    return (await take!()).bytes;
  } finally {
    once.free();
  }
}

/** `readTensor` as floats. */
export async function readFloats(device: Device, tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
  return new Float32Array(await readTensor(device, tensor));
}
