/** The constant of skipped rows on the CPU; what runs over rows × outputs is in constant.as.ts. */
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

interface Skipped {
  rows: RowCount;
  open: Tensor;
  width: number;
}

export const addConstantCpu =
  ({ rows, open, width, ...p }: Skipped & { constant: Tensor; y: Tensor }): CpuFunction =>
  (cpu) => {
    const dims = cpu.dims(rows);
    const tensors = [open, p.constant, p.y].map((t) => cpu.at(t));
    cpu.run('addConstant', dims.rows * dims.segments, [...tensors, width, dims.rows, dims.stride]);
  };

export const constantGradientCpu =
  ({ rows, open, width, ...p }: Skipped & { gradOut: Tensor; grad: Tensor }): CpuFunction =>
  (cpu) => {
    const dims = cpu.dims(rows);
    const tensors = [cpu.at(open), 1, cpu.at(p.gradOut), cpu.at(p.grad)];
    cpu.run('columnSums', width / 4, [...tensors, width, dims.rows, dims.stride, dims.rows * dims.segments]);
  };
