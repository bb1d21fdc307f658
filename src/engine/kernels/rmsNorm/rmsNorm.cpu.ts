import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

interface Norm {
  rows: RowCount;
  x: Tensor;
  weight: Tensor;
  rstd: Tensor;
  width: number;
}

/** `rmsNorm` on the CPU; without `eps` it is `rmsNormAgain`. */
export const rmsNormCpu = ({ rows, x, weight, out, rstd, width, eps }: Norm & { out: Tensor; eps?: number }): CpuFunction => (cpu) => {
  const dims = cpu.dims(rows);
  const tensors = [x, weight, out, rstd].map((t) => cpu.at(t));
  cpu.run('rmsNorm', dims.rows * dims.segments, [...tensors, width, eps ?? 0, Number(eps === undefined), dims.rows, dims.stride]);
};

export const rmsNormBackwardCpu = (p: Norm & { gradOut: Tensor; gradX: Tensor; accumulate: boolean }): CpuFunction => (cpu) => {
  const dims = cpu.dims(p.rows);
  const tensors = [p.x, p.weight, p.rstd, p.gradOut, p.gradX].map((t) => cpu.at(t));
  cpu.run('rmsNormBackward', dims.rows * dims.segments, [...tensors, p.width, Number(p.accumulate), dims.rows, dims.stride]);
};
