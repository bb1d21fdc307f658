/**
 * What skipped tokens get in the place of an update: h = y + S Δ + (1 − S) b with a vector b of each module, and the
 * gradient Σ (1 − S) ∂L/∂h of b. No products: nothing of it counts as work.
 */
import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { columnSums } from '../columnSums';
import { perElement, quads, snippets } from '../launch';
import addWgsl from './add.wgsl?raw';
import { addConstantCpu, constantGradientCpu } from './constant.cpu';
import gradientWgsl from './gradient.wgsl?raw';

interface Skipped {
  rows: RowCount;
  /** S of each row: u32 [rows]. */
  open: Tensor;
  width: number;
}

/** y += b in skipped rows; y [rows, width], b [width]. */
export function addConstant(_device: Device, p: Skipped & { constant: Tensor; y: Tensor }): Dispatch {
  const D4 = quads(p.width, 'module');
  return {
    kernel: { label: 'skipped b', code: compose(addWgsl, { snippets: [snippets.rows] }), constants: { D4 } },
    bindings: [p.rows.dims, p.open, p.constant, p.y],
    groups: perElement(p.rows, D4),
    cpu: addConstantCpu(p),
  };
}

/** grad [width] += Σ gradOut of skipped rows. */
export function constantGradient(device: Device, p: Skipped & { gradOut: Tensor; grad: Tensor }): Dispatch {
  return {
    ...columnSums(device, { label: 'skipped db', rows: [snippets.rows], term: gradientWgsl, width: p.width }),
    bindings: [p.rows.dims, p.open, p.gradOut, p.grad],
    cpu: constantGradientCpu(p),
  };
}
