import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Dispatch, RowCount } from '../../gpu/program';
import { gatherRows } from '../gatherRows/gatherRows';

/**
 * `out[row, :] = table[ids[row], :]`. `ids` u32 or non-negative i32 [rows], each below the table's rows;
 * `table` [vocab, width]; `out` [rows, width]; overwrites. A lookup is a gather, so it is that kernel.
 */
export function embed(gpu: Gpu, p: { rows: RowCount; ids: Tensor; table: Tensor; out: Tensor; width: number }): Dispatch {
  return gatherRows(gpu, { rows: p.rows, index: p.ids, x: p.table, out: p.out, width: p.width, label: 'embed' });
}
