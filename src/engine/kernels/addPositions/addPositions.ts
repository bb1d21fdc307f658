import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { type Weight, loadSnippet } from '../matmul/weight';
import { addPositionsCpu } from './addPositions.cpu';
import wgsl from './addPositions.wgsl?raw';

/**
 * `out[row, :] += table[position + offset, :]`: learned positions. `meta` u32 [rows, 4] as in `attention`, `table`
 * [positions, width], `out` [rows, width]. A position past the table gives NaN: nothing is read that is not the
 * table's.
 */
export function addPositions(
  device: Device,
  p: {
    rows: RowCount;
    meta: Tensor;
    table: Weight;
    /** Rows of the table. */
    positions: number;
    /** Rows of the table that come before the first position's: 2 in OPT. */
    offset: number;
    out: Tensor;
    width: number;
  },
): Dispatch {
  const D4 = quads(p.width, 'row');
  const { enables, wgsl: load, variants } = loadSnippet(device, p.table);
  return {
    kernel: {
      label: 'addPositions',
      code: compose(wgsl, { enables, snippets: [snippets.rows, load] }),
      constants: { D4, COUNT: p.positions, OFFSET: p.offset },
      variants,
    },
    bindings: [p.rows.dims, p.meta, p.table.tensor, p.out],
    groups: perElement(p.rows, D4),
    cpu: addPositionsCpu(p),
  };
}
