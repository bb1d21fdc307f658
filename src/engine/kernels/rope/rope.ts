import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, snippets } from '../launch';
import { ropeCpu } from './rope.cpu';
import wgsl from './rope.wgsl?raw';

export { ropeTable } from './table';

/**
 * Rotary position embedding in place on `x` [rows, heads·headDim]: of each head the first `rotary` numbers (all, if not
 * given), in pairs (i, i + rotary/2) as in Hugging Face's models; the others stay. `meta` u32 [rows, 4] as in
 * `attention`; every position must lie in `table` (see `ropeTable`). `inverse` rotates back: the backward.
 */
export function rope(
  _device: Device,
  p: {
    rows: RowCount;
    meta: Tensor;
    table: Tensor;
    x: Tensor;
    heads: number;
    headDim: number;
    rotary?: number;
    inverse: boolean;
  },
): Dispatch {
  const { headDim, rotary = headDim } = p;
  if (rotary % 2 !== 0) throw new GpuError(message('engine.model.oddHead', { size: rotary }));
  const HALF = rotary / 2;
  const sizes = { HEADS: p.heads, HALF, INVERSE: Number(p.inverse), ...(rotary === headDim ? {} : { HEAD: headDim }) };
  return {
    kernel: {
      label: p.inverse ? 'ropeInverse' : 'rope',
      code: compose(wgsl, { snippets: [snippets.rows] }),
      constants: sizes,
    },
    bindings: [p.rows.dims, p.meta, p.table, p.x],
    groups: perElement(p.rows, p.heads * HALF),
    cpu: ropeCpu(p),
  };
}
