/** Reading GPU memory back without stalling: a staging buffer per read, mapped when the copy is done. */
import type { Tensor } from './buffers';
import type { Gpu } from './device';

/**
 * Staging buffers for values that come back step after step. A slot is reused once its bytes were taken, so
 * the number of buffers is the number of reads in flight.
 */
export class Readback {
  readonly #gpu: Gpu;
  readonly #label: string;
  readonly #bytes: number;
  #free: GPUBuffer[] = [];
  #all: GPUBuffer[] = [];

  /** @param bytes most bytes of a read; a multiple of 4 */
  constructor(gpu: Gpu, label: string, bytes: number) {
    this.#gpu = gpu;
    this.#label = label;
    this.#bytes = bytes;
  }

  /**
   * Records the copies of `parts` behind one another into `encoder`. Call the returned function after the
   * encoder was submitted; it resolves with the bytes.
   */
  copy(encoder: GPUCommandEncoder, parts: Tensor[]): () => Promise<ArrayBuffer> {
    let buffer = this.#free.pop();
    if (!buffer) {
      buffer = this.#gpu.buffers.staging(this.#label, this.#bytes);
      this.#all.push(buffer);
    }
    const staging = buffer;
    let at = 0;
    for (const part of parts) {
      encoder.copyBufferToBuffer(part.buffer, part.offset, staging, at, part.size);
      at += part.size;
    }
    return async () => {
      await staging.mapAsync(GPUMapMode.READ);
      const bytes = staging.getMappedRange().slice(0);
      staging.unmap();
      this.#free.push(staging);
      return bytes;
    };
  }

  free(): void {
    for (const buffer of this.#all) this.#gpu.buffers.freeStaging(buffer);
    this.#all = [];
    this.#free = [];
  }
}

/** Reads one tensor back now. For tests, checks and exports, not for use inside a step. */
export async function readTensor(gpu: Gpu, tensor: Tensor): Promise<ArrayBuffer> {
  const once = new Readback(gpu, tensor.label, tensor.size);
  const encoder = gpu.device.createCommandEncoder({ label: `read ${tensor.label}` });
  const take = once.copy(encoder, [tensor]);
  gpu.device.queue.submit([encoder.finish()]);
  try {
    return await take();
  } finally {
    once.free();
  }
}

/** `readTensor` as floats. */
export async function readFloats(gpu: Gpu, tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
  return new Float32Array(await readTensor(gpu, tensor));
}
