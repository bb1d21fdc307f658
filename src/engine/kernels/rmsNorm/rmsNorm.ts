import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, perRow, quads, rowThreads, snippets } from '../launch';
import forward from './rmsNorm.wgsl?raw';
import again from './rmsNormAgain.wgsl?raw';
import { rmsNormBackwardCpu, rmsNormCpu } from './rmsNorm.cpu';
import backward from './rmsNormBackward.wgsl?raw';

const parts = { snippets: [snippets.rows, snippets.rowReduce] };

/**
 * `out = x · rstd · weight` with `rstd = 1/√(mean(x²) + eps)` per row. `x`, `out` [rows, width], `weight` [width],
 * `rstd` [rows] (kept for the backward). Overwrites.
 */
export function rmsNorm(
  device: Device,
  p: { rows: RowCount; x: Tensor; weight: Tensor; out: Tensor; rstd: Tensor; width: number; eps: number },
): Dispatch {
  return {
    kernel: {
      label: 'rmsNorm',
      code: compose(forward, parts),
      constants: { D4: quads(p.width, 'hidden'), EPS: p.eps, WIDTH: rowThreads(device) },
    },
    bindings: [p.rows.dims, p.x, p.weight, p.out, p.rstd],
    groups: perRow(p.rows),
    cpu: rmsNormCpu(p),
  };
}

/** `out` of `rmsNorm` anew, bit for bit, from the `rstd` that it kept. Overwrites. */
export function rmsNormAgain(p: {
  rows: RowCount;
  x: Tensor;
  weight: Tensor;
  rstd: Tensor;
  out: Tensor;
  width: number;
}): Dispatch {
  return {
    kernel: {
      label: 'rmsNormAgain',
      code: compose(again, { snippets: [snippets.rows] }),
      constants: { D4: quads(p.width, 'hidden') },
    },
    bindings: [p.rows.dims, p.x, p.weight, p.rstd, p.out],
    groups: perElement(p.rows, p.width / 4),
    cpu: rmsNormCpu(p),
  };
}

/**
 * Gradient of `rmsNorm` with respect to x; the weight is frozen. `gradOut`, `gradX` [rows, width], different
 * tensors. Overwrites `gradX`, or adds to it when `accumulate`.
 */
export function rmsNormBackward(
  device: Device,
  p: {
    rows: RowCount;
    x: Tensor;
    weight: Tensor;
    rstd: Tensor;
    gradOut: Tensor;
    gradX: Tensor;
    width: number;
    accumulate: boolean;
  },
): Dispatch {
  return {
    kernel: {
      label: 'rmsNormBackward',
      code: compose(backward, parts),
      constants: { D4: quads(p.width, 'hidden'), ACCUMULATE: Number(p.accumulate), WIDTH: rowThreads(device) },
    },
    bindings: [p.rows.dims, p.x, p.weight, p.rstd, p.gradOut, p.gradX],
    groups: perRow(p.rows),
    cpu: rmsNormBackwardCpu(p),
  };
}
