import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

export const copyToCacheCpu =
  ({
    rows,
    meta,
    x,
    cache,
    width,
  }: {
    rows: RowCount;
    meta: Tensor;
    x: Tensor;
    cache: Tensor;
    width: number;
  }): CpuFunction =>
  (cpu) => {
    const [from, to, places] = [cpu.f32(x), cpu.f32(cache), cpu.u32(meta)];
    for (const span of cpu.spans(rows)) {
      for (let i = 0; i < span.count; i++) {
        const [keyStart, position] = places.subarray(4 * (span.index + i));
        const row = span.first + i;
        to.set(from.subarray(row * width, (row + 1) * width), (keyStart + position) * width);
      }
    }
  };
