import type { Tensor } from '../../gpu/buffers';
import { compose } from '../../gpu/compose';
import type { Gpu } from '../../gpu/device';
import type { Dispatch, RowCount } from '../../gpu/program';
import { perElement, quads, snippets } from '../launch';
import wgsl from './addRows.wgsl?raw';

/** `out = a + b`, all [rows, width]. Overwrites; `out` is neither `a` nor `b`. */
export function addRows(_gpu: Gpu, p: { rows: RowCount; a: Tensor; b: Tensor; out: Tensor; width: number }): Dispatch {
  const D4 = quads(p.width, 'Row width');
  return {
    kernel: { label: 'addRows', code: compose(wgsl, { snippets: [snippets.dims] }), constants: { D4 } },
    bindings: [p.rows.dims, p.a, p.b, p.out],
    groups: perElement(p.rows, D4),
  };
}
