/** The constant of skipped rows on the CPU; its gradient is added up in f64. */
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

interface Skipped {
  rows: RowCount;
  open: Tensor;
  width: number;
}

export const addConstantCpu =
  ({ rows, width, ...p }: Skipped & { constant: Tensor; y: Tensor }): CpuFunction =>
  (cpu) => {
    const [open, constant, y] = [cpu.u32(p.open), cpu.f32(p.constant), cpu.f32(p.y)];
    for (const { first, count } of cpu.spans(rows)) {
      for (let row = first; row < first + count; row++) {
        if (open[row] !== 0) continue;
        for (let d = 0, at = row * width; d < width; d++, at++) y[at] += constant[d];
      }
    }
  };

export const constantGradientCpu =
  ({ rows, width, ...p }: Skipped & { gradOut: Tensor; grad: Tensor }): CpuFunction =>
  (cpu) => {
    const [open, gradOut, grad] = [cpu.u32(p.open), cpu.f32(p.gradOut), cpu.f32(p.grad)];
    const sums = new Float64Array(width);
    for (const { first, count } of cpu.spans(rows)) {
      for (let row = first; row < first + count; row++) {
        if (open[row] !== 0) continue;
        for (let d = 0, at = row * width; d < width; d++, at++) sums[d] += gradOut[at];
      }
    }
    for (let d = 0; d < width; d++) grad[d] += sums[d];
  };
