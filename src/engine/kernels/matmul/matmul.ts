import type { Tensor } from '../../gpu/buffers';
import { compose } from '../../gpu/compose';
import type { Dispatch } from '../../gpu/program';
import { type Rows, isActive, rowsBinding, rowsGroups, rowsSnippets } from '../rows/rows';
import loadF32 from './loadF32.wgsl?raw';
import wgsl from './matmul.wgsl?raw';

export interface MatmulOptions {
  label: string;
  /** All rows of the pass, or the active rows of a gated module (rows of `a` and of `out` alike). */
  rows: Rows;
  /** [rows, k] */
  a: Tensor;
  /** [n, k] when `transposed`, else [k, n] */
  w: Tensor;
  /** [rows, n] */
  out: Tensor;
  n: number;
  k: number;
  transposed: boolean;
  accumulate?: boolean;
  scale?: number;
}

/** Tile of a product with `n` columns: threads a group in x and y, rows and columns groups that follow. */
export function matmulTile(n: number): { wx: number; wy: number; rowsPerGroup: number; columnGroups: number } {
  const columns = n / 4;
  let wx = 1;
  while (wx < columns && wx < 16) wx *= 2;
  const wy = 64 / wx;
  return { wx, wy, rowsPerGroup: 8 * wy, columnGroups: Math.ceil(columns / wx) };
}

/** out (+)= scale · a · wᵀ (`transposed`) or scale · a · w. */
export function matmul({ label, rows, a, w, out, n, k, transposed, accumulate = false, scale = 1 }: MatmulOptions): Dispatch {
  if (n % 4 !== 0 || k % 4 !== 0) throw new Error(`matmul ${label}: n ${n} and k ${k} must be multiples of 4`);
  const { wx, wy, rowsPerGroup, columnGroups } = matmulTile(n);
  return {
    kernel: {
      label: `matmul/${label}`,
      code: compose(wgsl, { consts: { TRANSPOSED: transposed, ACCUMULATE: accumulate }, snippets: [...rowsSnippets(rows), loadF32] }),
      constants: { N: n, K: k, WX: wx, WY: wy, SCALE: scale },
    },
    bindings: [rowsBinding(rows), a, w, out],
    groups: rowsGroups(rows, rowsPerGroup, columnGroups),
    ...(isActive(rows) ? {} : { macs: (counts) => rows.of(counts) * n * k }),
  };
}
