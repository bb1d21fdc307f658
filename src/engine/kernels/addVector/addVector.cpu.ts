import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

export const addVectorCpu =
  ({
    rows,
    vector,
    out,
    width,
    factor,
  }: {
    rows: RowCount;
    vector: Tensor;
    out: Tensor;
    width: number;
    factor: number;
  }): CpuFunction =>
  (cpu) => {
    const [v, to] = [cpu.f32(vector), cpu.f32(out)];
    for (const { first, count } of cpu.spans(rows))
      for (let at = first * width; at < (first + count) * width; at += width)
        for (let i = 0; i < width; i++) to[at + i] += factor * v[i];
  };
