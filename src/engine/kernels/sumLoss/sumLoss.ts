import type { Tensor } from '../../gpu/buffers';
import { compose } from '../../gpu/compose';
import type { Gpu } from '../../gpu/device';
import type { Dispatch, RowCount } from '../../gpu/program';
import { snippets } from '../launch';
import wgsl from './sumLoss.wgsl?raw';

/**
 * `total[0] += Σ loss[0 … rows)`: f32, in an order that depends on nothing but the row count, so that a repeat is
 * bit-identical. `loss` [rows], `total` [1] (clear it before the first micro-batch).
 */
export function sumLoss(_gpu: Gpu, p: { rows: RowCount; loss: Tensor; total: Tensor }): Dispatch {
  return {
    // 64 threads on every adapter: one workgroup is cheap anywhere, and short partial sums round less.
    kernel: { label: 'sumLoss', code: compose(wgsl, { snippets: [snippets.dims, snippets.rowReduce] }), constants: { WIDTH: 64 } },
    bindings: [p.rows.dims, p.loss, p.total],
    groups: (counts) => [Math.min(1, p.rows.of(counts)), 1, 1],
  };
}
