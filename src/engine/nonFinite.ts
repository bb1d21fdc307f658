/** Finds the first tensor of a list that holds a NaN or an infinity. */
import type { BufferScope, Tensor } from './gpu/buffers';
import type { Gpu } from './gpu/device';
import { Program } from './gpu/program';
import { readTensor } from './gpu/readback';
import { findNonFinite } from './kernels/findNonFinite/findNonFinite';

const NONE = 0xffffffff;
const STRIDE = 256;

export class NonFiniteFinder {
  readonly #gpu: Gpu;
  readonly #scope: BufferScope;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#scope = gpu.buffers.scope('nonFinite');
  }

  /** Label and index of the first bad value, tensors taken in order; null when there is none. */
  async first(tensors: readonly { label: string; tensor: Tensor; length: number }[]): Promise<string | null> {
    const flags = this.#scope.upload('flags', new Uint32Array((tensors.length * STRIDE) / 4).fill(NONE));
    const ops = tensors.map(({ tensor, length }, i) => findNonFinite(this.#gpu, { x: tensor, length, flag: flags.slice('flag', i * STRIDE, 4) }));
    const program = await new Program(this.#gpu, this.#scope, 'find non-finite', ops).compile();
    const encoder = this.#gpu.device.createCommandEncoder();
    program.encode(encoder, { rows: 0, supervised: 0, segments: 0 });
    this.#gpu.device.queue.submit([encoder.finish()]);
    const values = new Uint32Array(await readTensor(this.#gpu, flags));
    const bad = tensors.findIndex((_, i) => values[(i * STRIDE) / 4] !== NONE);
    return bad < 0 ? null : `${tensors[bad].label} (value ${values[(bad * STRIDE) / 4]})`;
  }

  free(): void {
    this.#scope.free();
  }
}
