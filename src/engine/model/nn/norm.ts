/** A norm of the residual stream, of a half's output, or of each head. */
import type { NormDescription } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op, RowCount } from '../../device/program';
import { layerNorm, layerNormAgain, layerNormBackward } from '../../kernels/layerNorm/layerNorm';
import { rmsNorm, rmsNormAgain, rmsNormBackward } from '../../kernels/rmsNorm/rmsNorm';
import { biasOf, vectorOf } from '../weights';
import type { Pass } from './pass';

/** x, out [rows, groups · width], each group normed alone; `stats` is kept for the backward. One group unless given. */
interface NormIO {
  rows: RowCount;
  x: Tensor;
  out: Tensor;
  stats: Tensor;
  width: number;
  groups?: number;
}

const weightOf = (pass: Pass, { path }: NormDescription) => vectorOf(pass.weights, `${path}.weight`);

export function normForward(pass: Pass, norm: NormDescription, { stats, ...io }: NormIO): Op[] {
  const common = { ...io, weight: weightOf(pass, norm), eps: norm.eps };
  return [
    norm.kind === 'layer'
      ? layerNorm(pass.device, { ...common, stats, bias: biasOf(pass.weights, norm) })
      : rmsNorm(pass.device, { ...common, rstd: stats }),
  ];
}

/** The same output once more, from what was kept. */
export function normAgain(pass: Pass, norm: NormDescription, { stats, ...io }: NormIO): Op[] {
  const common = { ...io, weight: weightOf(pass, norm) };
  return [
    norm.kind === 'layer'
      ? layerNormAgain({ ...common, stats, bias: biasOf(pass.weights, norm) })
      : rmsNormAgain({ ...common, rstd: stats }),
  ];
}

/** Overwrites `gradX`, or adds to it. */
export function normBackward(
  pass: Pass,
  norm: NormDescription,
  { stats, ...io }: Omit<NormIO, 'out'> & { gradOut: Tensor; gradX: Tensor; accumulate: boolean },
): Op[] {
  const common = { ...io, weight: weightOf(pass, norm) };
  return [
    norm.kind === 'layer'
      ? layerNormBackward(pass.device, { ...common, stats })
      : rmsNormBackward(pass.device, { ...common, rstd: stats }),
  ];
}
