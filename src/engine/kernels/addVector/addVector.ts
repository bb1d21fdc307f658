import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { addVectorCpu } from './addVector.cpu';
import wgsl from './addVector.wgsl?raw';

/** `out += factor · vector` in every row; `out` [rows, width], `vector` [width]. */
export function addVector(
  _device: Device,
  p: { rows: RowCount; vector: Tensor; out: Tensor; width: number; factor: number },
): Dispatch {
  const D4 = quads(p.width, 'row');
  return {
    kernel: {
      label: 'addVector',
      code: compose(wgsl, { snippets: [snippets.rows] }),
      constants: { D4, FACTOR: p.factor },
    },
    bindings: [p.rows.dims, p.vector, p.out],
    groups: perElement(p.rows, D4),
    cpu: addVectorCpu(p),
  };
}
