import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { type Weight, typeNumber } from '../matmul/weight';
import { overRows } from '../rows/rows.cpu';

export const addPositionsCpu = (p: {
  rows: RowCount;
  meta: Tensor;
  table: Weight;
  positions: number;
  offset: number;
  out: Tensor;
  width: number;
}): CpuFunction =>
  overRows(
    p.rows,
    new Call('addPositions', (cpu) => [
      ...[p.meta, p.table.tensor].map((t) => cpu.at(t)),
      typeNumber(p.table.type),
      p.positions,
      p.offset,
      cpu.at(p.out),
      p.width,
    ]),
  );
