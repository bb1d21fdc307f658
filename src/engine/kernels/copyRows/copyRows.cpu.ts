import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

export const copyRowsCpu =
  ({
    rows,
    x,
    out,
    width,
    add = false,
    factor = 1,
  }: {
    rows: RowCount;
    x: Tensor;
    out: Tensor;
    width: number;
    add?: boolean;
    factor?: number;
  }): CpuFunction =>
  (cpu) => {
    const [from, to] = [cpu.f32(x), cpu.f32(out)];
    for (const { first, count } of cpu.spans(rows)) {
      const [start, end] = [first * width, (first + count) * width];
      if (add) for (let i = start; i < end; i++) to[i] += factor * from[i];
      else if (factor !== 1) for (let i = start; i < end; i++) to[i] = factor * from[i];
      else to.set(from.subarray(start, end), start);
    }
  };
