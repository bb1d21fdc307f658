import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import dims from '../../gpu/dims.wgsl?raw';
import type { Dispatch, RowCount } from '../../gpu/program';
import slots from '../gate/slots.wgsl?raw';
import wgsl from './compact.wgsl?raw';

/** The four dispatches over open rows, in the order of their arguments. */
export const INDIRECT = { delta: 0, dx: 1, dB: 2, dA: 3 } as const;
/** Byte offset of one dispatch's arguments in `args`. */
export const argsOffset = (which: keyof typeof INDIRECT): number => 16 * INDIRECT[which];
/** Bytes of `args`; allocate it with `GPUBufferUsage.INDIRECT`. */
export const ARGS_BYTES = 64;
/** Bytes of an active list for at most `maxRows` rows. */
export const activeListBytes = (maxRows: number): number => 4 * (1 + maxRows);

/** Shape of one indirect dispatch: x = ceil(count / rowsPerGroup), y = colGroups. */
export interface IndirectGroups {
  rowsPerGroup: number;
  colGroups: number;
}

export interface CompactParams {
  rows: RowCount;
  /** S per row, u32. */
  open: Tensor;
  /** Out: count, then the open rows ascending; `activeListBytes(maxRows)`. */
  active: Tensor;
  /** Out: arguments of the four dispatches; `ARGS_BYTES`. */
  args: Tensor;
  /** This module's StatSlot: tokens, active and dispatched rows are added. */
  stat: Tensor;
  groups: Record<keyof typeof INDIRECT, IndirectGroups>;
}

/** Lists the open rows on the GPU and writes how many workgroups the sparse products need. */
export function compact(gpu: Gpu, p: CompactParams): Dispatch {
  const constants: Record<string, number> = { WIDTH: gpu.info.software ? 16 : 256 };
  for (const [name, i] of Object.entries(INDIRECT)) {
    constants[`ROWS_${i}`] = p.groups[name as keyof typeof INDIRECT].rowsPerGroup;
    constants[`COLS_${i}`] = p.groups[name as keyof typeof INDIRECT].colGroups;
  }
  return {
    kernel: { label: 'compact', code: compose(wgsl, { snippets: [dims, slots] }), constants },
    bindings: [p.rows.dims, p.open, p.active, p.args, p.stat],
    groups: () => [1, 1, 1],
  };
}
