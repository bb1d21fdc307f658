import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { overRows } from '../rows/rows.cpu';

interface Norm {
  rows: RowCount;
  x: Tensor;
  weight: Tensor;
  rstd: Tensor;
  width: number;
  groups?: number;
}

/** `rmsNorm` on the CPU; without `eps` it is `rmsNormAgain`. */
export const rmsNormCpu = ({
  rows,
  x,
  weight,
  out,
  rstd,
  width,
  groups = 1,
  eps,
}: Norm & { out: Tensor; eps?: number }): CpuFunction =>
  overRows(
    rows,
    new Call('rmsNorm', (cpu) => [
      ...[x, weight, out, rstd].map((t) => cpu.at(t)),
      groups,
      width,
      eps ?? 0,
      Number(eps === undefined),
    ]),
  );

export const rmsNormBackwardCpu = (p: Norm & { gradOut: Tensor; gradX: Tensor; accumulate: boolean }): CpuFunction =>
  overRows(
    p.rows,
    new Call('rmsNormBackward', (cpu) => [
      ...[p.x, p.weight, p.rstd, p.gradOut, p.gradX].map((t) => cpu.at(t)),
      p.groups ?? 1,
      p.width,
      Number(p.accumulate),
    ]),
  );
