import { type BufferScope, type Tensor, alignBinding } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { rowThreads } from '../launch';
import { gramCpu } from './gram.cpu';
import wgsl from './gram.wgsl?raw';

/** Bytes from one module's Gram matrix to the next: each can be bound alone. */
export const gramStride = (rank: number): number => alignBinding(4 * rank * rank);
/** Bytes of the table of modules. */
export const gramTableBytes = (modules: number): number => 8 * modules;

/** Where each module's B lies in the run's flat parameters: bytes from their start, and its rows. */
export function gramTable(scope: BufferScope, modules: readonly { offset: number; dOut: number }[]): Tensor {
  return scope.upload('gate/modules', Uint32Array.from(modules.flatMap(({ offset, dOut }) => [offset / 16, dOut])));
}

export interface GramParams {
  /** `gramTable` of `modules` modules. */
  table: Tensor;
  modules: number;
  /** The run's A and B, flat. */
  params: Tensor;
  /** Out: BᵀB of each module, `gramStride` apart. */
  out: Tensor;
  rank: number;
}

/** Gram matrices of LoRA's B, all modules at once. Once per step. */
export function gram(device: Device, p: GramParams): Dispatch {
  const blocks = p.rank / 4;
  return {
    kernel: {
      label: 'gram',
      code: wgsl,
      constants: { WIDTH: rowThreads(device), RANK4: blocks, STRIDE4: gramStride(p.rank) / 16 },
    },
    bindings: [p.table, p.params, p.out],
    groups: () => [blocks, blocks, p.modules],
    cpu: gramCpu({ ...p, stride: gramStride(p.rank) }),
  };
}
