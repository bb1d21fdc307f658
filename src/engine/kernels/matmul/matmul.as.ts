// out[row] = (out[row], residual[row] or 0) + scale · a[row] · W + bias for the rows of a pass; see product.wgsl.
//
// Tiles of 4 rows × 8 columns in registers. W is packed in panels of 8 columns [k][8], so that the loop over k reads
// one line after another; of panels as many at a time as fit a thread's scratch. Every sum runs over k in order, in
// blocks of `kBlock`, so a result does not depend on how the work is split.
import { pack } from './pack.as';
import { nameRows } from '../rows/rows.as';
import { SCRATCH_BYTES, scratchAddress } from '../scratch.as';
import { put } from './put.as';

/** Rows whose part of `a` stays in the nearest cache while the panels pass. */
const ROWS: u32 = 32;
/** Bytes of panels that stay there themselves: then a few rows at a time are done from end to end. */
const PANELS_NEAR: u32 = 16384;

export function matmul(
  a: usize, aStride: u32, w: usize, form: u32, transposed: bool, out: usize, outStride: u32,
  n: u32, k: u32, kBlock: u32, scale: f32, accumulate: bool, residual: usize, bias: usize, rowNormSquared: usize,
  list: usize, rowsOfSegment: u32, stride: u32, rows: u32, byRows: bool, from: u32, to: u32,
): void {
  const panels = (n + 7) / 8;
  const firstRow: u32 = byRows ? from * ROWS : 0;
  const endRow: u32 = byRows ? min(rows, to * ROWS) : rows;
  const firstPanel: u32 = byRows ? 0 : from;
  const endPanel: u32 = byRows ? panels : to;
  const names = scratchAddress();
  const packed = names + 4 * ROWS;
  const s = f32x4.splat(scale);
  for (let k0: u32 = 0; k0 < k; k0 += kBlock) {
    const depth = min(kBlock, k - k0);
    const bytes: usize = 32 * depth;
    const atOnce: u32 = max(<u32>1, <u32>(SCRATCH_BYTES - 4 * ROWS) / <u32>bytes);
    const base = k0 > 0 || accumulate ? out : residual;
    const ending: usize = k0 > 0 ? 0 : bias;
    for (let p0: u32 = firstPanel; p0 < endPanel; p0 += atOnce) {
      const p1 = min(endPanel, p0 + atOnce);
      for (let p: u32 = p0; p < p1; p++) pack(w, form, transposed, n, k, k0, depth, 8 * p, packed + bytes * (p - p0));
      const height: u32 = (p1 - p0) * <u32>bytes <= PANELS_NEAR ? 4 : ROWS;
      for (let block = firstRow; block < endRow; block += height) {
        const count = min(height, endRow - block);
        nameRows(names, block, count, list, rowsOfSegment, stride);
        let y = packed;
        for (let p: u32 = p0; p < p1; p++, y += bytes) {
          const wide = p * 8 + 4 < n;
          for (let i: u32 = 0; i < count; i += 4) {
            const name = names + 4 * i;
            const r0 = load<u32>(name), r1 = load<u32>(name, 4), r2 = load<u32>(name, 8), r3 = load<u32>(name, 12);
            const x0 = a + 4 * (<usize>r0 * aStride + k0), x1 = a + 4 * (<usize>r1 * aStride + k0);
            const x2 = a + 4 * (<usize>r2 * aStride + k0), x3 = a + 4 * (<usize>r3 * aStride + k0);
            let t00 = f32x4.splat(0), t01 = t00, t10 = t00, t11 = t00, t20 = t00, t21 = t00, t30 = t00, t31 = t00;
            let z = y, at: usize = 0;
            for (const end = y + bytes; z < end; z += 32, at += 4) {
              const b0 = v128.load(z), b1 = v128.load(z, 16);
              let v = v128.load32_splat(x0 + at);
              t00 = f32x4.add(t00, f32x4.mul(v, b0)); t01 = f32x4.add(t01, f32x4.mul(v, b1));
              v = v128.load32_splat(x1 + at);
              t10 = f32x4.add(t10, f32x4.mul(v, b0)); t11 = f32x4.add(t11, f32x4.mul(v, b1));
              v = v128.load32_splat(x2 + at);
              t20 = f32x4.add(t20, f32x4.mul(v, b0)); t21 = f32x4.add(t21, f32x4.mul(v, b1));
              v = v128.load32_splat(x3 + at);
              t30 = f32x4.add(t30, f32x4.mul(v, b0)); t31 = f32x4.add(t31, f32x4.mul(v, b1));
            }
            put(out, base, ending, rowNormSquared, r0, p, panels, outStride, wide, f32x4.mul(s, t00),
              f32x4.mul(s, t01));
            if (i + 1 < count) put(out, base, ending, rowNormSquared, r1, p, panels, outStride, wide,
              f32x4.mul(s, t10), f32x4.mul(s, t11));
            if (i + 2 < count) put(out, base, ending, rowNormSquared, r2, p, panels, outStride, wide,
              f32x4.mul(s, t20), f32x4.mul(s, t21));
            if (i + 3 < count) put(out, base, ending, rowNormSquared, r3, p, panels, outStride, wide,
              f32x4.mul(s, t30), f32x4.mul(s, t31));
          }
        }
      }
    }
  }
}
