// The product of matmul.as.ts for many columns and sums that are not short: the same sums in the same order, so the
// same bits. Four rows at a time are packed too, with every number in all four lanes, [k][4][4], and stay in the
// nearest cache while the panels pass. What a tile can multiply is more than a processor gets to decode, so every
// instruction less counts: V8 takes two to spread a number that lies at an offset, and one to load four.
import { nameRows } from '../rows/rows.as';
import { SCRATCH_BYTES, scratchAddress } from '../scratch.as';
import { pack } from './pack.as';
import { put } from './put.as';

/** Rows of an item, as in matmul.as.ts. */
const ROWS: u32 = 32;
/** How much of a sum is packed of the rows at a time. */
const PART: u32 = 512;
const PART_BYTES: u32 = 64 * PART;
/**
 * Bytes of a tile's sums. Where a sum goes on from part to part, every panel's wait; such a panel is longer than a
 * part.
 */
const TILE_BYTES: u32 = 128;
const MOST_WAITING: u32 = (<u32>SCRATCH_BYTES - 16 - PART_BYTES) / (32 * PART + TILE_BYTES);
const SUMS_BYTES: u32 = TILE_BYTES * MOST_WAITING;
const PANELS_BYTES: u32 = 32 * PART * MOST_WAITING;

export function dense(
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
  const sums = names + 16;
  const four = sums + SUMS_BYTES;
  const packed = four + PART_BYTES;
  const s = f32x4.splat(scale);
  for (let k0: u32 = 0; k0 < k; k0 += kBlock) {
    const depth = min(kBlock, k - k0);
    const bytes: usize = 32 * depth;
    const atOnce: u32 = max(<u32>1, PANELS_BYTES / <u32>bytes);
    const sumsStep: usize = depth > PART ? TILE_BYTES : 0;
    const base = k0 > 0 || accumulate ? out : residual;
    const ending: usize = k0 > 0 ? 0 : bias;
    for (let p0: u32 = firstPanel; p0 < endPanel; p0 += atOnce) {
      const p1 = min(endPanel, p0 + atOnce);
      for (let p: u32 = p0; p < p1; p++) pack(w, form, transposed, n, k, k0, depth, 8 * p, packed + bytes * (p - p0));
      for (let i = firstRow; i < endRow; i += 4) {
        const count = min(4, endRow - i);
        nameRows(names, i, count, list, rowsOfSegment, stride);
        for (let part: u32 = 0; part < depth; part += PART) {
          const length = min(PART, depth - part);
          const last = part + length == depth;
          spreadRows(a + 4 * <usize>(k0 + part), 4 * aStride, names, length, four);
          let z = packed + 32 * part, t = sums;
          for (let p: u32 = p0; p < p1; p++, z += bytes, t += sumsStep) {
            tile(four, z, z + 32 * length, part > 0, t);
            if (!last) continue;
            const wide = p * 8 + 4 < n;
            for (let r: u32 = 0; r < count; r++) {
              const u = f32x4.mul(s, v128.load(t + 32 * r)), v = f32x4.mul(s, v128.load(t + 32 * r, 16));
              put(out, base, ending, rowNormSquared, load<u32>(names + 4 * r), p, panels, outStride, wide, u, v);
            }
          }
        }
      }
    }
  }
}

/** The sums of a tile, [4][8] at `to`, where they begin or `goOn`: rows from x on, columns from z to `end`. */
function tile(x: usize, z: usize, end: usize, goOn: bool, to: usize): void {
  let t00 = f32x4.splat(0), t01 = t00, t10 = t00, t11 = t00, t20 = t00, t21 = t00, t30 = t00, t31 = t00;
  if (goOn) {
    t00 = v128.load(to); t01 = v128.load(to, 16); t10 = v128.load(to, 32); t11 = v128.load(to, 48);
    t20 = v128.load(to, 64); t21 = v128.load(to, 80); t30 = v128.load(to, 96); t31 = v128.load(to, 112);
  }
  do {
    let b0 = v128.load(z), b1 = v128.load(z, 16);
    let v = v128.load(x); t00 = f32x4.add(t00, f32x4.mul(v, b0)); t01 = f32x4.add(t01, f32x4.mul(v, b1));
    v = v128.load(x, 16); t10 = f32x4.add(t10, f32x4.mul(v, b0)); t11 = f32x4.add(t11, f32x4.mul(v, b1));
    v = v128.load(x, 32); t20 = f32x4.add(t20, f32x4.mul(v, b0)); t21 = f32x4.add(t21, f32x4.mul(v, b1));
    v = v128.load(x, 48); t30 = f32x4.add(t30, f32x4.mul(v, b0)); t31 = f32x4.add(t31, f32x4.mul(v, b1));
    // Never so, since lengths are even. But without a branch the compiler would put off sums until the second half's,
    // and there are not registers for what they wait for.
    if (z == end) break;
    b0 = v128.load(z, 32); b1 = v128.load(z, 48);
    v = v128.load(x, 64); t00 = f32x4.add(t00, f32x4.mul(v, b0)); t01 = f32x4.add(t01, f32x4.mul(v, b1));
    v = v128.load(x, 80); t10 = f32x4.add(t10, f32x4.mul(v, b0)); t11 = f32x4.add(t11, f32x4.mul(v, b1));
    v = v128.load(x, 96); t20 = f32x4.add(t20, f32x4.mul(v, b0)); t21 = f32x4.add(t21, f32x4.mul(v, b1));
    v = v128.load(x, 112); t30 = f32x4.add(t30, f32x4.mul(v, b0)); t31 = f32x4.add(t31, f32x4.mul(v, b1));
    z += 64; x += 128;
  } while (z < end);
  v128.store(to, t00); v128.store(to, t01, 16); v128.store(to, t10, 32); v128.store(to, t11, 48);
  v128.store(to, t20, 64); v128.store(to, t21, 80); v128.store(to, t30, 96); v128.store(to, t31, 112);
}

/** Four rows of `a`, `stride` bytes apart and named by the list at `names`, as [length][4][4]. */
function spreadRows(a: usize, stride: usize, names: usize, length: u32, to: usize): void {
  const x0 = a + stride * load<u32>(names), x1 = a + stride * load<u32>(names, 4);
  const x2 = a + stride * load<u32>(names, 8), x3 = a + stride * load<u32>(names, 12);
  for (let i: usize = 0; i < 4 * <usize>length; i += 4, to += 64) {
    v128.store(to, v128.load32_splat(x0 + i)); v128.store(to, v128.load32_splat(x1 + i), 16);
    v128.store(to, v128.load32_splat(x2 + i), 32); v128.store(to, v128.load32_splat(x3 + i), 48);
  }
}
