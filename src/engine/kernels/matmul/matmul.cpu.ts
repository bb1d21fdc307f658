import { ENGINE_LIMITS } from '../../../shared/engineLimits';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import { rowsReader } from '../rows/rows.cpu';
import type { MatmulOptions } from './options';
import { type Weight, typeNumber } from './weight';

/** Columns of a packed panel; `rowNormSquared` has a sum for each. */
export const PANEL = 8;
/** Rows of a block, as in matmul.as.ts. */
const BLOCK = 32;
/** Longest part of a sum that a packed panel holds: it stays in the second cache. One with squares must be whole. */
export const K_BLOCK = 2048;
const K_BLOCK_SQUARES = ENGINE_LIMITS.inputs;
/** Longest sum of `lowRankAdd`, and bytes of its W: they stay in the second cache. */
const THIN = 64;
const THIN_BYTES = 2 ** 18;
/** Whether `lowRankAdd` takes a product with f32 weights that adds to what is there. */
export const isThin = (n: number, k: number): boolean => k <= THIN && 4 * n * k <= THIN_BYTES;
/** From this length of a sum and this many panels on it pays to pack the rows too: see dense.as.ts. */
const LONG = 32;
const MANY_PANELS = 4;
export const packsRows = (n: number, k: number): boolean => k >= LONG && n > PANEL * (MANY_PANELS - 1);
/**
 * Rows up to which a product reads W as it lies, as decoding wants it. By capacity, so that a row's bits do not depend
 * on its neighbours.
 */
export const FEW_ROWS = 8;
/** Multiply-adds of few rows that are done before another thread is awake. */
const ALONE = 2 ** 19;
/** A range packs all rows that it multiplies, or all panels: so many panels, or blocks of rows, are worth that. */
const LEAST_PANELS = 12;
const LEAST_BLOCKS = 4;
/** Panels below which threads share the rows instead. */
const FEW_PANELS = 16;

/**
 * `matmul` on the CPU; see matmul.as.ts and matvec.as.ts. @throws {Error} when a sum with squares is longer than a
 * panel can hold
 */
export function matmulCpu(options: MatmulOptions, w: Weight): CpuFunction {
  const { label, rows, n, k, transposed, accumulate = false, residual, bias, rowNormSquared, scale = 1 } = options;
  const { a, out, aStride = k, aColumn = 0, outStride = n, outColumn = 0 } = options;
  const form = typeNumber(w.type);
  const few = transposed && rows.max !== undefined && rows.max <= FEW_ROWS && k <= K_BLOCK_SQUARES;
  if (rowNormSquared && !few && k > K_BLOCK_SQUARES)
    throw new Error(`matmul ${label}: squares of sums over ${k} do not fit`);
  const thin = !few && accumulate && !bias && !rowNormSquared && w.type === 'f32' && isThin(n, k);
  const panels = Math.ceil(n / PANEL);
  const dense = packsRows(n, k);
  const byRows = panels < FEW_PANELS;
  const rowsNow = rowsReader(rows);
  const call = new Call(few ? 'matvec' : thin ? 'lowRankAdd' : dense ? 'dense' : 'matmul', (cpu) => {
    const [from, weight, into] = [cpu.at(a) + 4 * aColumn, cpu.at(w.tensor), cpu.at(out) + 4 * outColumn];
    if (thin) return [from, aStride, weight, Number(transposed), into, outStride, n, k, scale];
    const before = residual ? cpu.at(residual) + 4 * outColumn : 0;
    const [shift, squares] = [bias, rowNormSquared].map((t) => (t ? cpu.at(t) : 0));
    const ending = [scale, Number(accumulate), before, shift, squares];
    if (few) return [from, aStride, weight, form, into, outStride, n, k, ...ending];
    return [
      from,
      aStride,
      weight,
      form,
      Number(transposed),
      into,
      outStride,
      n,
      k,
      rowNormSquared ? K_BLOCK_SQUARES : K_BLOCK,
      ...ending,
    ];
  });
  return (cpu) => {
    const { list, rows: each, stride, count } = rowsNow(cpu);
    if (count === 0) return;
    const blocks = Math.ceil(count / BLOCK);
    if (few) call.run(cpu, panels, [list, each, stride, count], { alone: count * n * k < ALONE });
    else if (thin) call.run(cpu, blocks, [list, each, stride, count]);
    else if (byRows) call.run(cpu, blocks, [list, each, stride, count, 1], { alone: false, least: LEAST_BLOCKS });
    else call.run(cpu, panels, [list, each, stride, count, 0], { alone: false, least: LEAST_PANELS });
  };
}
