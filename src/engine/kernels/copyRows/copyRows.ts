import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { copyRowsCpu } from './copyRows.cpu';
import wgsl from './copyRows.wgsl?raw';

/**
 * `out = factor · x`, or with `add` `out += factor · x`; both [rows, width], of different buffers. `factor` is 1 unless
 * given.
 */
export function copyRows(
  _device: Device,
  p: { rows: RowCount; x: Tensor; out: Tensor; width: number; add?: boolean; factor?: number },
): Dispatch {
  const D4 = quads(p.width, 'row');
  const add = p.add ?? false;
  return {
    kernel: {
      label: add ? 'addRows' : 'copyRows',
      code: compose(wgsl, { consts: { ADD: add }, snippets: [snippets.rows] }),
      constants: { D4, ...(p.factor === undefined ? {} : { FACTOR: p.factor }) },
    },
    bindings: [p.rows.dims, p.x, p.out],
    groups: perElement(p.rows, D4),
    cpu: copyRowsCpu(p),
  };
}
