import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { snippets } from '../launch';
import { sumLossCpu } from './sumLoss.cpu';
import wgsl from './sumLoss.wgsl?raw';

/** Where a segment's losses begin. */
const together = /* wgsl */ `// Segments lie behind one another.
fn firstOf(segment: u32) -> u32 { return segment * dims.supervised; }
`;
const apart = /* wgsl */ `// Segments are STRIDE losses apart.
override STRIDE: u32;
fn firstOf(segment: u32) -> u32 { return segment * STRIDE; }
`;

/**
 * `total[s] += Σ loss[s·stride … s·stride + supervised)` for every segment s: f32, in an order that depends on nothing
 * but the count, so that a repeat is bit-identical. `loss` [segments · stride], `total` [segments] (clear it before
 * the first micro-batch). `stride` is `supervised` unless given.
 */
export function sumLoss(
  _device: Device,
  p: { rows: RowCount; loss: Tensor; total: Tensor; stride?: number },
): Dispatch {
  return {
    // 64 threads on every adapter: one workgroup is cheap anywhere, and short partial sums round less.
    kernel: {
      label: 'sumLoss',
      code: compose(wgsl, { snippets: [snippets.dims, snippets.rowReduce, p.stride === undefined ? together : apart] }),
      constants: { WIDTH: 64, ...(p.stride === undefined ? {} : { STRIDE: p.stride }) },
    },
    bindings: [p.rows.dims, p.loss, p.total],
    groups: (counts) => [counts.supervised > 0 ? counts.segments : 0, 1, 1],
    cpu: sumLossCpu(p),
  };
}
