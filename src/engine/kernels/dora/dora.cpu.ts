/** DoRA's kernels on the CPU; what runs over rows × outputs is in dora.as.ts. */
import type { Tensor } from '../../device/buffers';
import type { Cpu, CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { type Rows, isActive } from '../rows/rows';

/** Columns of an item of `columnDots`, as in dora.as.ts. */
const COLUMNS = 16;

/** The rows of a pass as `rowAt` in WebAssembly wants them, and their number. */
function rowsOf(cpu: Cpu, rows: Rows): { count: number; of: number[] } {
  if (isActive(rows)) return { count: cpu.u32(rows.list)[0], of: [cpu.at(rows.list), 0, 0] };
  const dims = cpu.dims(rows);
  return { count: dims.rows * dims.segments, of: [0, dims.rows, dims.stride] };
}

interface Scale {
  dOut: number;
  rank: number;
  scaling: number;
  rowNormSquared: Tensor;
  product: Tensor;
  gram: Tensor;
  b: Tensor;
  m: Tensor;
  norm: Tensor;
  change: Tensor;
  scaledB: Tensor;
}

export const doraScaleCpu =
  (p: Scale): CpuFunction =>
  (cpu) => {
    const tensors = [p.rowNormSquared, p.product, p.gram, p.b, p.m, p.norm, p.change, p.scaledB].map((t) => cpu.at(t));
    cpu.run('doraScale', p.dOut, [...tensors, p.dOut, p.rank, p.scaling]);
  };

type Finish = Pick<Scale, 'dOut' | 'rank' | 'b' | 'norm' | 'change'> & { gradB: Tensor; gradM: Tensor };

export const doraFinishCpu =
  ({ dOut, rank, ...p }: Finish): CpuFunction =>
  (cpu) => {
    const [b, norm, change, gradB, gradM] = [p.b, p.norm, p.change, p.gradB, p.gradM].map((t) => cpu.f32(t));
    for (let j = 0; j < dOut; j++) {
      let sum = gradM[j];
      for (let at = j * rank; at < (j + 1) * rank; at++) {
        sum += b[at] * gradB[at];
        gradB[at] *= 1 + change[j];
      }
      gradM[j] = norm[j] === 0 ? 0 : sum / norm[j];
    }
  };

/** Δ's part along y; which of these a kernel takes differs. */
interface Part {
  rows: RowCount;
  change: Tensor;
  base: Tensor;
  gradOut: Tensor;
  out: Tensor;
  width: number;
}

type Added = Pick<Part, 'change' | 'base' | 'width'> & { rows: Rows; y: Tensor };

export const addScaledCpu =
  (p: Added): CpuFunction =>
  (cpu) => {
    const { count, of } = rowsOf(cpu, p.rows);
    cpu.run('addScaled', count, [cpu.at(p.change), cpu.at(p.base), cpu.at(p.y), p.width, ...of]);
  };

export const frozenGradientCpu =
  (p: Omit<Part, 'base'> & { open: Tensor | null }): CpuFunction =>
  (cpu) => {
    const dims = cpu.dims(p.rows);
    const tensors = [cpu.at(p.change), cpu.at(p.gradOut), p.open ? cpu.at(p.open) : 0, cpu.at(p.out)];
    cpu.run('frozenGradient', dims.rows * dims.segments, [...tensors, p.width, dims.rows, dims.stride]);
  };

export const rowTermsCpu =
  (p: Omit<Part, 'gradOut'> & { other: Tensor; dot: boolean }): CpuFunction =>
  (cpu) => {
    const dims = cpu.dims(p.rows);
    const tensors = [p.change, p.base, p.other, p.out].map((t) => cpu.at(t));
    cpu.run('rowTerms', dims.rows * dims.segments, [...tensors, p.width, Number(p.dot), dims.rows, dims.stride]);
  };

type Dots = Pick<Part, 'gradOut' | 'base' | 'width'> & { rows: Rows; sums: Tensor };

export const columnDotsCpu =
  (p: Dots): CpuFunction =>
  (cpu) => {
    const { count, of } = rowsOf(cpu, p.rows);
    const tensors = [p.gradOut, p.base, p.sums].map((t) => cpu.at(t));
    cpu.run('columnDots', Math.ceil(p.width / COLUMNS), [...tensors, p.width, ...of, count]);
  };
