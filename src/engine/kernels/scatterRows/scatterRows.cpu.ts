import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

const NOWHERE = 0xffffffff;

export const scatterRowsCpu =
  ({
    rows,
    inverse,
    x,
    out,
    width,
  }: {
    rows: RowCount;
    inverse: Tensor;
    x: Tensor;
    out: Tensor;
    width: number;
  }): CpuFunction =>
  (cpu) => {
    const [from, to, source] = [cpu.f32(x), cpu.f32(out), cpu.u32(inverse)];
    for (const span of cpu.spans(rows)) {
      for (let i = 0; i < span.count; i++) {
        const [row, at] = [source[span.index + i], (span.first + i) * width];
        if (row === NOWHERE) to.fill(0, at, at + width);
        else to.set(from.subarray(row * width, (row + 1) * width), at);
      }
    }
  };
