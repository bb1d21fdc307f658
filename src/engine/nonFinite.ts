/** Finds the first tensor of a list that holds a NaN or an infinity. */
import type { BufferScope, Tensor } from './device/buffers';
import type { Device } from './device/device';
import { Program } from './device/program';
import { readTensor } from './device/device';
import { findNonFinite } from './kernels/findNonFinite/findNonFinite';

const NONE = 0xffffffff;
const STRIDE = 256;

export class NonFiniteFinder {
  readonly #device: Device;
  readonly #scope: BufferScope;

  constructor(device: Device) {
    this.#device = device;
    this.#scope = device.buffers.scope('nonFinite');
  }

  /** Label and index of the first bad value, tensors taken in order; null when there is none. */
  async first(tensors: readonly { label: string; tensor: Tensor; length: number }[]): Promise<string | null> {
    const flags = this.#scope.upload('flags', new Uint32Array((tensors.length * STRIDE) / 4).fill(NONE));
    const ops = tensors.map(({ tensor, length }, i) =>
      findNonFinite(this.#device, { x: tensor, length, flag: flags.slice('flag', i * STRIDE, 4) }),
    );
    const program = await new Program(this.#device, this.#scope, 'find non-finite', ops).compile();
    this.#device.submit(program.label, (commands) => program.encode(commands, { rows: 0, supervised: 0, segments: 0 }));
    const values = new Uint32Array(await readTensor(this.#device, flags));
    const bad = tensors.findIndex((_, i) => values[(i * STRIDE) / 4] !== NONE);
    return bad < 0 ? null : `${tensors[bad].label} (value ${values[(bad * STRIDE) / 4]})`;
  }

  free(): void {
    this.#scope.free();
  }
}
