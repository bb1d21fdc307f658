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

/** A norm's constants: that there is one group is not said. */
const sizes = ({ width, groups = 1 }: { width: number; groups?: number }) => ({
  D4: quads(width, 'hidden'),
  ...(groups === 1 ? {} : { GROUPS: groups }),
});

/**
 * `out = x · rstd · weight` with `rstd = 1/√(mean(x²) + eps)` per group of a row (a row is one unless `groups` says how
 * many it has, such as heads). `x`, `out` [rows, groups · width], `weight` [width] for every group, `rstd` [rows,
 * groups] (kept for the backward). Overwrites.
 */
export function rmsNorm(
  device: Device,
  p: {
    rows: RowCount;
    x: Tensor;
    weight: Tensor;
    out: Tensor;
    rstd: Tensor;
    width: number;
    groups?: number;
    eps: number;
  },
): Dispatch {
  return {
    kernel: {
      label: 'rmsNorm',
      code: compose(forward, parts),
      constants: { ...sizes(p), EPS: p.eps, WIDTH: rowThreads(device) },
    },
    bindings: [p.rows.dims, p.x, p.weight, p.out, p.rstd],
    groups: perRow(p.rows, p.groups),
    cpu: rmsNormCpu(p),
  };
}

/** `out` of `rmsNorm` recomputed, bit for bit, from the `rstd` that it kept. Overwrites. */
export function rmsNormAgain(p: {
  rows: RowCount;
  x: Tensor;
  weight: Tensor;
  rstd: Tensor;
  out: Tensor;
  width: number;
  groups?: number;
}): Dispatch {
  return {
    kernel: {
      label: 'rmsNormAgain',
      code: compose(again, { snippets: [snippets.rows] }),
      constants: sizes(p),
    },
    bindings: [p.rows.dims, p.x, p.weight, p.rstd, p.out],
    groups: perElement(p.rows, ((p.groups ?? 1) * p.width) / 4),
    cpu: rmsNormCpu(p),
  };
}

/**
 * Gradient of `rmsNorm` with respect to x; the weight is frozen. `gradOut`, `gradX` [rows, groups · width],
 * different tensors. Overwrites `gradX`, or adds to it when `accumulate`.
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
    groups?: number;
    accumulate: boolean;
  },
): Dispatch {
  return {
    kernel: {
      label: 'rmsNormBackward',
      code: compose(backward, parts),
      constants: { ...sizes(p), ACCUMULATE: Number(p.accumulate), WIDTH: rowThreads(device) },
    },
    bindings: [p.rows.dims, p.x, p.weight, p.rstd, p.gradOut, p.gradX],
    groups: perRow(p.rows, p.groups),
    cpu: rmsNormBackwardCpu(p),
  };
}
