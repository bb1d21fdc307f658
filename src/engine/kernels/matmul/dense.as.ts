// The product of matmul.as.ts for many columns and sums that are not short: the same sums in the same order, so the
// same bits. The rows are packed too, in tiles of 4 [k][4]: the loop over k then moves two pointers where rows as they
// lie take five. What it can multiply is more than a processor gets to decode, so every instruction less counts.
import { putTurned } from '../lowRankGrad/outer.as';
import { nameRows } from '../rows/rows.as';
import { scratchAddress } from '../scratch.as';
import { pack } from './pack.as';
import { put } from './put.as';

/** Rows of a block, which stays in the second cache beside the panels; fewer where sums are longer than that. */
const ROWS: u32 = 32;
const BLOCK_BYTES: u32 = 1 << 18;
const PANELS_BYTES: u32 = 1 << 19;

export function dense(
  a: usize, aStride: u32, w: usize, half: bool, transposed: bool, out: usize, outStride: u32,
  n: u32, k: u32, kBlock: u32, scale: f32, accumulate: bool, residual: usize, squares: usize,
  list: usize, rowsOfSegment: u32, stride: u32, rows: u32, byRows: bool, from: u32, to: u32,
): void {
  const panels = (n + 7) / 8;
  const firstRow: u32 = byRows ? from * ROWS : 0;
  const endRow: u32 = byRows ? min(rows, to * ROWS) : rows;
  const firstPanel: u32 = byRows ? 0 : from;
  const endPanel: u32 = byRows ? panels : to;
  const names = scratchAddress();
  const sums = names + 4 * ROWS;
  const tiles = sums + 128;
  const packed = tiles + BLOCK_BYTES;
  const s = f32x4.splat(scale);
  for (let k0: u32 = 0; k0 < k; k0 += kBlock) {
    const depth = min(kBlock, k - k0);
    const bytes: usize = 32 * depth;
    const atOnce: u32 = max(<u32>1, PANELS_BYTES / <u32>bytes);
    const height: u32 = min(ROWS, BLOCK_BYTES / (4 * depth)) & ~3;
    const base = k0 > 0 || accumulate ? out : residual;
    for (let p0: u32 = firstPanel; p0 < endPanel; p0 += atOnce) {
      const p1 = min(endPanel, p0 + atOnce);
      for (let p: u32 = p0; p < p1; p++) pack(w, half, transposed, n, k, k0, depth, 8 * p, packed + bytes * (p - p0));
      for (let block = firstRow; block < endRow; block += height) {
        const count = min(height, endRow - block);
        nameRows(names, block, count, list, rowsOfSegment, stride);
        for (let i: u32 = 0; i < count; i += 4) {
          packRows(a + 4 * <usize>k0, 4 * aStride, names + 4 * i, depth, tiles + 4 * depth * i);
        }
        let y = packed;
        for (let p: u32 = p0; p < p1; p++, y += bytes) {
          const wide = p * 8 + 4 < n;
          for (let i: u32 = 0; i < count; i += 4) {
            tile(tiles + 4 * depth * i, y, y + bytes, sums);
            for (let r: u32 = 0; r < min(4, count - i); r++) {
              const t = sums + 32 * r;
              const u = f32x4.mul(s, v128.load(t)), v = f32x4.mul(s, v128.load(t, 16));
              put(out, base, squares, load<u32>(names + 4 * (i + r)), p, panels, outStride, wide, u, v);
            }
          }
        }
      }
    }
  }
}

/** The sums of a tile, [4][8] at `to`: rows from x on, columns from z to `end`. */
function tile(x: usize, z: usize, end: usize, to: usize): void {
  let t00 = f32x4.splat(0), t01 = t00, t10 = t00, t11 = t00, t20 = t00, t21 = t00, t30 = t00, t31 = t00;
  do {
    const b0 = v128.load(z), b1 = v128.load(z, 16);
    let v = v128.load32_splat(x); t00 = f32x4.add(t00, f32x4.mul(v, b0)); t01 = f32x4.add(t01, f32x4.mul(v, b1));
    v = v128.load32_splat(x, 4); t10 = f32x4.add(t10, f32x4.mul(v, b0)); t11 = f32x4.add(t11, f32x4.mul(v, b1));
    v = v128.load32_splat(x, 8); t20 = f32x4.add(t20, f32x4.mul(v, b0)); t21 = f32x4.add(t21, f32x4.mul(v, b1));
    v = v128.load32_splat(x, 12); t30 = f32x4.add(t30, f32x4.mul(v, b0)); t31 = f32x4.add(t31, f32x4.mul(v, b1));
    z += 32; x += 16;
  } while (z < end);
  v128.store(to, t00); v128.store(to, t01, 16); v128.store(to, t10, 32); v128.store(to, t11, 48);
  v128.store(to, t20, 64); v128.store(to, t21, 80); v128.store(to, t30, 96); v128.store(to, t31, 112);
}

/** Four rows of `a`, `stride` bytes apart and named by the list at `names`, as [depth][4]. */
function packRows(a: usize, stride: usize, names: usize, depth: u32, to: usize): void {
  let x0 = a + stride * load<u32>(names), x1 = a + stride * load<u32>(names, 4);
  let x2 = a + stride * load<u32>(names, 8), x3 = a + stride * load<u32>(names, 12);
  for (const end = to + 16 * depth; to < end; to += 64) {
    putTurned(v128.load(x0), v128.load(x1), v128.load(x2), v128.load(x3), to, 16, false);
    x0 += 16; x1 += 16; x2 += 16; x3 += 16;
  }
}
