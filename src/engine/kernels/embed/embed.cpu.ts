import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { typeNumber } from '../matmul/weight';
import type { TablePart } from './tablePart';

/** One part of a table on the CPU. */
export const embedCpu =
  ({
    rows,
    ids,
    part,
    total,
    out,
    width,
    scale = 1,
  }: {
    rows: RowCount;
    ids: Tensor;
    part: TablePart;
    total: number;
    out: Tensor;
    width: number;
    scale?: number;
  }): CpuFunction =>
  (cpu) => {
    const dims = cpu.dims(rows);
    const { tensor, type } = part.weight;
    cpu.run('embed', dims.rows * dims.segments, [
      cpu.at(ids),
      cpu.at(tensor),
      typeNumber(type),
      part.first,
      part.rows,
      total,
      cpu.at(out),
      width,
      scale,
      dims.rows,
      dims.stride,
    ]);
  };
