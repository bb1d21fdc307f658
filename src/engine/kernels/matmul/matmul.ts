import type { Tensor } from '../../gpu/buffers';
import { compose } from '../../gpu/compose';
import type { Gpu } from '../../gpu/device';
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

/** How a product is cut: tile of a thread, threads of a workgroup, and what a workgroup covers. */
export interface MatmulTile {
  /** vec4 of columns a thread: 1, 2 or 4. */
  columns: number;
  /** 16 rows a thread instead of 8. */
  tall: boolean;
  wx: number;
  wy: number;
  rowsPerGroup: number;
  columnGroups: number;
}

/**
 * The tile for `n` columns. Software adapters want large tiles and few threads; active rows want small groups, so
 * that little is dispatched in vain.
 */
export function matmulTile(gpu: Gpu, n: number, active: boolean): MatmulTile {
  const large = gpu.info.software && !active && n >= 32;
  const columns = large && n % 16 === 0 ? 4 : n % 8 === 0 ? 2 : 1;
  const tiles = n / (4 * columns);
  const wx = large ? 4 : [8, 4, 2, 1].find((threads) => threads <= tiles)!;
  const rowsPerThread = large ? 16 : 8;
  const wy = active ? 4 : gpu.info.software ? 64 / rowsPerThread : 64 / wx;
  return { columns, tall: large, wx, wy, rowsPerGroup: rowsPerThread * wy, columnGroups: Math.ceil(tiles / wx) };
}

/** out (+)= scale · a · wᵀ (`transposed`) or scale · a · w. */
export function matmul(gpu: Gpu, { label, rows, a, w, out, n, k, transposed, accumulate = false, scale = 1 }: MatmulOptions): Dispatch {
  if (n % 4 !== 0 || k % 4 !== 0) throw new Error(`matmul ${label}: n ${n} and k ${k} must be multiples of 4`);
  const { columns, tall, wx, wy, rowsPerGroup, columnGroups } = matmulTile(gpu, n, isActive(rows));
  return {
    kernel: {
      label: `matmul/${label}`,
      code: compose(wgsl, { consts: { TRANSPOSED: transposed, ACCUMULATE: accumulate, COLUMNS: columns, TALL: tall }, snippets: [...rowsSnippets(rows), loadF32] }),
      constants: { WX: wx, WY: wy },
    },
    bindings: [rowsBinding(rows), a, w, out],
    values: shapeOf(n, k, scale),
    groups: rowsGroups(rows, rowsPerGroup, columnGroups),
    ...(isActive(rows) ? {} : { macs: (counts) => rows.of(counts) * n * k }),
  };
}

/** The shader's `Shape`. */
function shapeOf(n: number, k: number, scale: number): ArrayBuffer {
  const bytes = new ArrayBuffer(16);
  new Uint32Array(bytes).set([n, k]);
  new Float32Array(bytes)[2] = scale;
  return bytes;
}
