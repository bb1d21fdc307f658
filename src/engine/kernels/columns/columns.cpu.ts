import type { Columns } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

/**
 * `whole` [rows, width]; `part` [rows, groups · width of one], the columns of `whole` that `columns` names, side by
 * side.
 */
export interface ColumnsOptions {
  rows: RowCount;
  whole: Tensor;
  width: number;
  part: Tensor;
  columns: Columns;
}

export const columnsCpu =
  ({ rows, whole, width, part, columns }: ColumnsOptions, join: boolean): CpuFunction =>
  (cpu) => {
    const [w, p] = [cpu.f32(whole), cpu.f32(part)];
    const { first, groups, width: size, stride } = columns;
    for (const { first: from, count } of cpu.spans(rows)) {
      for (let row = from; row < from + count; row++) {
        for (let g = 0; g < groups; g++) {
          const [inWhole, inPart] = [row * width + first + g * stride, (row * groups + g) * size];
          if (join) w.set(p.subarray(inPart, inPart + size), inWhole);
          else p.set(w.subarray(inWhole, inWhole + size), inPart);
        }
      }
    }
  };
