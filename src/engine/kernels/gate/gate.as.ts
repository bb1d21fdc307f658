// r = ‖Δ‖ / (‖y‖ + 1e-6) of the rows of a pass; see ratio.wgsl and ratioOfSquares.wgsl. `rowNormSquared` [rows, parts]
// are partial sums of y². An item is four rows.
import { loadFour, rowOfFour, storeFour } from '../fourRows.as';
import { TILE_BYTES, outerSum, putTurned } from '../lowRankGrad/outer.as';
import { sumsOfLanes } from '../math.as';
import { scratchAddress } from '../scratch.as';

/** Σ of `parts` numbers of each of four rows, which begin at y0 … y3. */
@inline function sumsOfRows(y0: usize, y1: usize, y2: usize, y3: usize, parts: u32): v128 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, rest = s0;
  const bytes: usize = 4 * parts;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    s0 = f32x4.add(s0, v128.load(y0 + at)); s1 = f32x4.add(s1, v128.load(y1 + at));
    s2 = f32x4.add(s2, v128.load(y2 + at)); s3 = f32x4.add(s3, v128.load(y3 + at));
  }
  for (; at < bytes; at += 4) rest = f32x4.add(rest, loadFour(y0 + at, y1 + at, y2 + at, y3 + at));
  return f32x4.add(sumsOfLanes(s0, s1, s2, s3), rest);
}

/** r of rows `row` … row + 3 from ‖Δ‖; rows beyond `last` are the last one's, and are not written. */
@inline function put(ratio: usize, rowNormSquared: usize, parts: u32, row: u32, last: u32, delta: v128): void {
  const bytes: usize = 4 * parts;
  const left = last - row;
  const y = rowNormSquared + bytes * row;
  const y2 = sumsOfRows(y, rowOfFour(y, bytes, 1, left), rowOfFour(y, bytes, 2, left), rowOfFour(y, bytes, 3, left),
    parts);
  storeFour(ratio + 4 * <usize>row, f32x4.div(delta, f32x4.add(f32x4.sqrt(y2), f32x4.splat(1e-6))), left);
}

/** sum + a · b, lane by lane, of eight numbers or the first four. */
@inline function addProduct(sum: v128, a: usize, b: usize, wide: bool): v128 {
  const first = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
  return wide ? f32x4.add(first, f32x4.mul(v128.load(a, 16), v128.load(b, 16))) : first;
}

/**
 * ‖Δ‖² = s² zᵀGz; z of four rows are packed [k][4]. G is symmetric: of each panel of 8 of its columns,
 * rows above the panel are left out and those below it count twice. So panels go from the last to the first, and z of
 * what was passed is doubled.
 */
export function gateRatios(
  z: usize, gram: usize, rowNormSquared: usize, ratio: usize, rank: u32, parts: u32, scaling: f32, rows: u32,
  from: u32, to: u32,
): void {
  const tile = scratchAddress();
  const packed = tile + TILE_BYTES;
  const bytes: usize = 4 * rank;
  const last = rows - 1;
  for (let i: u32 = from * 4; i < to * 4; i += 4) {
    const z0 = z + bytes * i, left = last - i;
    const z1 = rowOfFour(z0, bytes, 1, left), z2 = rowOfFour(z0, bytes, 2, left), z3 = rowOfFour(z0, bytes, 3, left);
    for (let k: usize = 0; k < bytes; k += 16) {
      putTurned(v128.load(z0 + k), v128.load(z1 + k), v128.load(z2 + k), v128.load(z3 + k), packed + 4 * k, 16, false);
    }
    let d0 = f32x4.splat(0), d1 = d0, d2 = d0, d3 = d0;
    for (let panel = (rank + 7) / 8; panel > 0; panel--) {
      const j: u32 = (panel - 1) * 8;
      const wide = j + 4 < rank;
      const own = packed + 16 * j;
      outerSum(own, 16, gram + bytes * j + 4 * j, bytes, wide ? 16 : 0, rank - j, tile);
      const at: usize = 4 * j;
      d0 = addProduct(d0, tile, z0 + at, wide);
      d1 = addProduct(d1, tile + 32, z1 + at, wide);
      d2 = addProduct(d2, tile + 64, z2 + at, wide);
      d3 = addProduct(d3, tile + 96, z3 + at, wide);
      if (!j) break;
      for (let k: usize = 0; k < 128; k += 16) v128.store(own + k, f32x4.add(v128.load(own + k), v128.load(own + k)));
    }
    // Rounding may leave ‖Δ‖² a little below 0.
    const size = f32x4.sqrt(f32x4.pmax(f32x4.splat(0), sumsOfLanes(d0, d1, d2, d3)));
    put(ratio, rowNormSquared, parts, i, last, f32x4.mul(f32x4.splat(scaling), size));
  }
}

/** ‖Δ‖² is known. */
export function gateRatiosOfSquares(
  deltaSquares: usize, rowNormSquared: usize, ratio: usize, parts: u32, rows: u32, from: u32, to: u32,
): void {
  const last = rows - 1;
  for (let i: u32 = from * 4; i < to * 4; i += 4) {
    const d = deltaSquares + 4 * <usize>i;
    const left = last - i;
    const squared = loadFour(d, rowOfFour(d, 4, 1, left), rowOfFour(d, 4, 2, left), rowOfFour(d, 4, 3, left));
    put(ratio, rowNormSquared, parts, i, last, f32x4.sqrt(squared));
  }
}
