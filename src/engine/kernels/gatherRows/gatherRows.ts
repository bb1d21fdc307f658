import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { gatherRowsCpu } from './gatherRows.cpu';
import wgsl from './gatherRows.wgsl?raw';

/** `out[i, :] = x[index[i], :]` for i < rows. `index` u32 [rows], `x` [n, width], `out` [rows, width]; overwrites. */
export function gatherRows(
  _device: Device,
  p: { rows: RowCount; index: Tensor; x: Tensor; out: Tensor; width: number },
): Dispatch {
  const D4 = quads(p.width, 'row');
  return {
    kernel: { label: 'gatherRows', code: compose(wgsl, { snippets: [snippets.rows] }), constants: { D4 } },
    bindings: [p.rows.dims, p.index, p.x, p.out],
    groups: perElement(p.rows, D4),
    cpu: gatherRowsCpu(p),
  };
}
