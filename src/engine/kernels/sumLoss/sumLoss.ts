import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { snippets } from '../launch';
import { sumLossCpu } from './sumLoss.cpu';
import wgsl from './sumLoss.wgsl?raw';

/**
 * `total[s] += Σ loss[s·supervised … (s+1)·supervised)` for every segment s: f32, in an order that depends on nothing
 * but the count, so that a repeat is bit-identical. `loss` [segments · supervised], `total` [segments] (clear it before
 * the first micro-batch).
 */
export function sumLoss(_device: Device, p: { rows: RowCount; loss: Tensor; total: Tensor }): Dispatch {
  return {
    // 64 threads on every adapter: one workgroup is cheap anywhere, and short partial sums round less.
    kernel: {
      label: 'sumLoss',
      code: compose(wgsl, { snippets: [snippets.dims, snippets.rowReduce] }),
      constants: { WIDTH: 64 },
    },
    bindings: [p.rows.dims, p.loss, p.total],
    groups: (counts) => [counts.supervised > 0 ? counts.segments : 0, 1, 1],
    cpu: sumLossCpu(p),
  };
}
