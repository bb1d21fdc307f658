import type { CpuFunction } from '../../device/cpu/cpu';
import { isActive } from '../rows/rows';
import type { MatmulOptions } from './options';
import type { Weight } from './weight';

/** Columns of a packed panel; `squares` has a sum for each. */
export const PANEL = 8;
/** Rows of a block, as in matmul.as.ts. */
const BLOCK = 32;
/** Longest part of a sum that a packed panel holds: it stays in the second cache. One with squares must be whole. */
const K_BLOCK = 2048;
const K_BLOCK_SQUARES = 16384;
/** Rows up to which a product reads W as it lies, as decoding wants it. By capacity, so that a row's bits do not depend on its neighbours. */
const FEW_ROWS = 8;
/** Multiply-adds of few rows that are done before another thread is awake. */
const ALONE = 2 ** 19;
/** Panels below which threads share the rows instead. */
const FEW_PANELS = 16;

/** `matmul` on the CPU; see matmul.as.ts and matvec.as.ts. @throws {Error} when a sum with squares is longer than a panel can hold */
export function matmulCpu(options: MatmulOptions, w: Weight): CpuFunction {
  const { label, rows, n, k, transposed, accumulate = false, residual, squares, scale = 1 } = options;
  const { a, out, aStride = k, aColumn = 0, outStride = n, outColumn = 0 } = options;
  const half = Number(w.type === 'f16');
  const few = transposed && rows.max !== undefined && rows.max <= FEW_ROWS;
  if (squares && !few && k > K_BLOCK_SQUARES) throw new Error(`matmul ${label}: squares of sums over ${k} do not fit`);
  const panels = Math.ceil(n / PANEL);
  const byRows = panels < FEW_PANELS;
  return (cpu) => {
    const list = isActive(rows) ? cpu.at(rows.list) : 0;
    const dims = isActive(rows) ? { rows: cpu.u32(rows.list)[0], segments: 1, stride: 0 } : cpu.dims(rows);
    const count = dims.rows * dims.segments;
    if (count === 0) return;
    const [from, into] = [cpu.at(a) + 4 * aColumn, cpu.at(out) + 4 * outColumn];
    const before = residual ? cpu.at(residual) + 4 * outColumn : 0;
    const sums = squares ? cpu.at(squares) : 0;
    if (few) {
      cpu.run('matvec', panels, [
        from, aStride, cpu.at(w.tensor), half, into, outStride, n, k, scale, Number(accumulate), before, sums,
        list, dims.rows, dims.stride, count,
      ], count * n * k < ALONE);
      return;
    }
    cpu.run('matmul', byRows ? Math.ceil(count / BLOCK) : panels, [
      from, aStride, cpu.at(w.tensor), half, Number(transposed), into, outStride,
      n, k, squares ? K_BLOCK_SQUARES : K_BLOCK, scale, Number(accumulate), before, sums,
      list, dims.rows, dims.stride, count, Number(byRows),
    ]);
  };
}
