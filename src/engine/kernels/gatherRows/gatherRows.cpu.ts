import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

export const gatherRowsCpu =
  ({
    rows,
    index,
    x,
    out,
    width,
  }: {
    rows: RowCount;
    index: Tensor;
    x: Tensor;
    out: Tensor;
    width: number;
  }): CpuFunction =>
  (cpu) => {
    const [from, to, source] = [cpu.f32(x), cpu.f32(out), cpu.u32(index)];
    for (const span of cpu.spans(rows)) {
      for (let i = 0; i < span.count; i++) {
        const row = source[span.index + i];
        to.set(from.subarray(row * width, (row + 1) * width), (span.first + i) * width);
      }
    }
  };
