import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

interface Rope {
  rows: RowCount;
  meta: Tensor;
  table: Tensor;
  x: Tensor;
  heads: number;
  headDim: number;
  inverse: boolean;
}

export const ropeCpu = ({ rows, meta, table, x, heads, headDim, inverse }: Rope): CpuFunction => (cpu) => {
  const dims = cpu.dims(rows);
  cpu.run('rope', dims.rows * dims.segments, [...[meta, table, x].map((t) => cpu.at(t)), heads, headDim, Number(inverse), dims.rows, dims.stride]);
};
