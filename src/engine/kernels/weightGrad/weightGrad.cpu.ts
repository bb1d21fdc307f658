import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

export interface WeightGradParams {
  rows: RowCount;
  /** [rows, n] */
  gradOut: Tensor;
  /** [rows, k] */
  x: Tensor;
  n: number;
  k: number;
  /** [n, k]; added to. */
  gradWeight: Tensor;
  /** [n]; added to. Lies behind `gradWeight` in the same buffer. */
  gradBias: Tensor | null;
}

export const weightGradCpu = ({ rows, gradOut, x, n, k, gradWeight, gradBias }: WeightGradParams): CpuFunction => {
  const call = new Call('weightGrad', (cpu) => [
    ...[gradOut, x, gradWeight].map((t) => cpu.at(t)),
    gradBias ? cpu.at(gradBias) : 0,
    n,
    k,
  ]);
  return (cpu) => {
    const { rows: each, segments, stride } = cpu.dims(rows);
    const count = each * segments;
    if (count > 0) call.run(cpu, n, [each, stride, count]);
  };
};
