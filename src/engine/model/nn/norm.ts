/** A norm of the residual stream, or of a half's output. */
import type { NormDescription } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op, RowCount } from '../../device/program';
import { rmsNorm, rmsNormAgain, rmsNormBackward } from '../../kernels/rmsNorm/rmsNorm';
import { vectorOf } from '../weights';
import type { Pass } from './pass';

const weightOf = (pass: Pass, { path }: NormDescription) => vectorOf(pass.weights, `${path}.weight`);

/** x, out [rows, width]; `stats` is kept for the backward. */
interface NormIO {
  rows: RowCount;
  x: Tensor;
  out: Tensor;
  stats: Tensor;
  width: number;
}

export const normForward = (pass: Pass, norm: NormDescription, { rows, x, out, stats, width }: NormIO): Op[] => [
  rmsNorm(pass.device, { rows, x, weight: weightOf(pass, norm), out, rstd: stats, width, eps: norm.eps }),
];

/** The same output once more, from what was kept. */
export const normAgain = (pass: Pass, norm: NormDescription, { rows, x, out, stats, width }: NormIO): Op[] => [
  rmsNormAgain({ rows, x, weight: weightOf(pass, norm), rstd: stats, out, width }),
];

/** Overwrites `gradX`, or adds to it. */
export const normBackward = (
  pass: Pass,
  norm: NormDescription,
  {
    rows,
    x,
    stats,
    gradOut,
    gradX,
    width,
    accumulate,
  }: Omit<NormIO, 'out'> & { gradOut: Tensor; gradX: Tensor; accumulate: boolean },
): Op[] => [
  rmsNormBackward(pass.device, {
    rows,
    x,
    weight: weightOf(pass, norm),
    rstd: stats,
    gradOut,
    gradX,
    width,
    accumulate,
  }),
];
