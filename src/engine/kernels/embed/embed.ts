import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { loadSnippet } from '../matmul/weight';
import { embedCpu } from './embed.cpu';
import type { TablePart } from './tablePart';
import wgsl from './embed.wgsl?raw';

export type { TablePart } from './tablePart';

/**
 * `out[row, :] = scale · table[ids[row], :]`, `scale` being 1 unless given. `ids` u32 or non-negative i32 [rows];
 * `table` [vocab, width] in parts, in order; `out` [rows, width]; overwrites. One dispatch for each part. An id past
 * the table gives NaN: nothing is read that is not the table's, and a step that such a row is in is skipped.
 */
export function embed(
  device: Device,
  p: { rows: RowCount; ids: Tensor; table: TablePart[]; out: Tensor; width: number; scale?: number },
): Dispatch[] {
  const D4 = quads(p.width, 'row');
  const total = p.table.reduce((sum, { rows }) => sum + rows, 0);
  return p.table.map((part) => {
    const { first, rows, weight } = part;
    const { enables, wgsl: load, variants } = loadSnippet(device, weight);
    return {
      kernel: {
        label: 'embed',
        code: compose(wgsl, { enables, snippets: [snippets.rows, load] }),
        constants: {
          D4,
          FIRST: first,
          COUNT: rows,
          TOTAL: total,
          ...(p.scale === undefined ? {} : { SCALE: p.scale }),
        },
        variants,
      },
      bindings: [p.rows.dims, p.ids, weight.tensor, p.out],
      groups: perElement(p.rows, D4),
      cpu: embedCpu({ ...p, part, total }),
    };
  });
}
