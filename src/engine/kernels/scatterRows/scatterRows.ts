import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { scatterRowsCpu } from './scatterRows.cpu';
import wgsl from './scatterRows.wgsl?raw';

/**
 * `out[row, :] = x[inverse[row], :]`, zeros where `inverse[row]` is 0xffffffff: the backward of `gatherRows` over
 * distinct rows, without atomics. `inverse` u32 [rows], `x` [n, width], `out` [rows, width]; overwrites.
 */
export function scatterRows(
  _device: Device,
  p: { rows: RowCount; inverse: Tensor; x: Tensor; out: Tensor; width: number },
): Dispatch {
  const D4 = quads(p.width, 'row');
  return {
    kernel: { label: 'scatterRows', code: compose(wgsl, { snippets: [snippets.rows] }), constants: { D4 } },
    bindings: [p.rows.dims, p.inverse, p.x, p.out],
    groups: perElement(p.rows, D4),
    cpu: scatterRowsCpu(p),
  };
}
