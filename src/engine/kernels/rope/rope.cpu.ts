import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { overRows } from '../rows/rows.cpu';

interface Rope {
  rows: RowCount;
  meta: Tensor;
  table: Tensor;
  x: Tensor;
  heads: number;
  headDim: number;
  rotary?: number;
  inverse: boolean;
}

export const ropeCpu = ({ rows, meta, table, x, heads, headDim, rotary, inverse }: Rope): CpuFunction =>
  overRows(
    rows,
    new Call('rope', (cpu) => [
      ...[meta, table, x].map((t) => cpu.at(t)),
      heads,
      headDim,
      rotary ?? headDim,
      Number(inverse),
    ]),
  );
