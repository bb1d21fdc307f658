// out[row] += scale · a[row] · W where k is small: what B z and Aᵀ u are. Tiles of 4 rows × 8 columns as in
// matmul.as.ts, but so short that what surrounds the sums counts: all of W is packed at once, [panel][k][8], and of
// four rows at a time scale · a, [k][4][4] as in dense.as.ts.
import { rowAt } from '../rows/rows.as';
import { scratchAddress } from '../scratch.as';
import { pack } from './pack.as';

/** Rows of an item. */
const ROWS: u32 = 32;
/** Bytes of four packed rows: k is at most 64. */
const QUAD_BYTES: usize = 64 * 64;

export function lowRankAdd(
  a: usize, aStride: u32, w: usize, transposed: bool, out: usize, outStride: u32, n: u32, k: u32, scale: f32,
  list: usize, rowsOfSegment: u32, stride: u32, rows: u32, from: u32, to: u32,
): void {
  const quad = scratchAddress();
  const panels = quad + QUAD_BYTES;
  const bytes: usize = 32 * k;
  let end = panels;
  for (let column: u32 = 0; column < n; column += 8, end += bytes) pack(w, 0, transposed, n, k, 0, k, column, end);
  const s = f32x4.splat(scale);
  const last = min(rows, to * ROWS);
  const rest = n & 4;
  for (let i = from * ROWS; i < last; i += 4) {
    // The last row fills up the last tile.
    const r0 = rowAt(i, list, rowsOfSegment, stride), r1 = rowAt(min(i + 1, last - 1), list, rowsOfSegment, stride);
    const r2 = rowAt(min(i + 2, last - 1), list, rowsOfSegment, stride),
      r3 = rowAt(min(i + 3, last - 1), list, rowsOfSegment, stride);
    spreadRows(a, 4 * aStride, r0, r1, r2, r3, k, s, quad);
    const row = 4 * <usize>outStride;
    let o0 = out + row * r0, o1 = out + row * r1, o2 = out + row * r2, o3 = out + row * r3;
    const count = last - i;
    for (let z = panels; z < end;) {
      let t00 = f32x4.splat(0), t01 = t00, t10 = t00, t11 = t00, t20 = t00, t21 = t00, t30 = t00, t31 = t00;
      let x = quad;
      for (const next = z + bytes; z < next; z += 32, x += 64) {
        const b0 = v128.load(z), b1 = v128.load(z, 16);
        let v = v128.load(x); t00 = f32x4.add(t00, f32x4.mul(v, b0)); t01 = f32x4.add(t01, f32x4.mul(v, b1));
        v = v128.load(x, 16); t10 = f32x4.add(t10, f32x4.mul(v, b0)); t11 = f32x4.add(t11, f32x4.mul(v, b1));
        v = v128.load(x, 32); t20 = f32x4.add(t20, f32x4.mul(v, b0)); t21 = f32x4.add(t21, f32x4.mul(v, b1));
        v = v128.load(x, 48); t30 = f32x4.add(t30, f32x4.mul(v, b0)); t31 = f32x4.add(t31, f32x4.mul(v, b1));
      }
      const wide = !rest || z < end;
      add(o0, t00, t01, wide);
      if (count > 1) add(o1, t10, t11, wide);
      if (count > 2) add(o2, t20, t21, wide);
      if (count > 3) add(o3, t30, t31, wide);
      o0 += 32; o1 += 32; o2 += 32; o3 += 32;
    }
  }
}

@inline function add(to: usize, u: v128, v: v128, wide: bool): void {
  v128.store(to, f32x4.add(v128.load(to), u));
  if (wide) v128.store(to, f32x4.add(v128.load(to, 16), v), 16);
}

/** s · four rows, [k][4][4]. */
@inline function spreadRows(
  a: usize, step: usize, r0: u32, r1: u32, r2: u32, r3: u32, k: u32, s: v128, to: usize,
): void {
  const a0 = a + step * r0, a1 = a + step * r1, a2 = a + step * r2, a3 = a + step * r3;
  for (let i: usize = 0; i < 4 * <usize>k; i += 4, to += 64) {
    v128.store(to, f32x4.mul(s, v128.load32_splat(a0 + i)));
    v128.store(to, f32x4.mul(s, v128.load32_splat(a1 + i)), 16);
    v128.store(to, f32x4.mul(s, v128.load32_splat(a2 + i)), 32);
    v128.store(to, f32x4.mul(s, v128.load32_splat(a3 + i)), 48);
  }
}
