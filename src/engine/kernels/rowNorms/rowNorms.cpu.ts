import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import { type Weight, typeNumber } from '../matmul/weight';

interface RowNorms {
  w: Weight;
  rowNormSquared: Tensor;
  norms: Tensor;
  rows: number;
  k: number;
}

/** `rowNorms` on the CPU; see rowNorms.as.ts. */
export const rowNormsCpu =
  ({ w, rowNormSquared, norms, rows, k }: RowNorms): CpuFunction =>
  (cpu) =>
    cpu.run('rowNorms', rows, [cpu.at(w.tensor), typeNumber(w.type), cpu.at(rowNormSquared), cpu.at(norms), k]);
