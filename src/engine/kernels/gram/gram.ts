import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Dispatch } from '../../gpu/program';
import wgsl from './gram.wgsl?raw';

/** Gram matrix of LoRA's B: `b` [dOut, rank] → `out` [rank, rank] = BᵀB. Once per module and step. */
export function gram(gpu: Gpu, p: { b: Tensor; out: Tensor; dOut: number; rank: number }): Dispatch {
  const blocks = p.rank / 4;
  return {
    kernel: { label: 'gram', code: wgsl, constants: { WIDTH: gpu.rowWidth, DOUT: p.dOut, RANK4: blocks } },
    bindings: [p.b, p.out],
    groups: () => [blocks, blocks, 1],
    macs: () => p.dOut * p.rank * p.rank,
  };
}
