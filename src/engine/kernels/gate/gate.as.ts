// r = ‖Δ‖ / (‖y‖ + 1e-6) of the rows of a pass; see ratio.wgsl and ratioOfSquares.wgsl. `squares` [rows, parts] are
// partial sums of y².
import { TILE_BYTES, outerSum, putTurned } from '../lowRankGrad/outer.as';
import { sumOf } from '../math.as';
import { scratchAddress } from '../scratch.as';

/** Σ of `count` numbers. */
@inline function sumOfAll(at: usize, count: u32): f32 {
  let sum = f32x4.splat(0);
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) sum = f32x4.add(sum, v128.load(at + 4 * i));
  let rest: f32 = 0;
  for (; i < count; i++) rest += load<f32>(at + 4 * i);
  return sumOf(sum) + rest;
}

@inline function put(ratio: usize, squares: usize, parts: u32, row: u32, delta: f32): void {
  store<f32>(ratio + 4 * row, delta / (sqrt<f32>(sumOfAll(squares + 4 * <usize>row * parts, parts)) + 1e-6));
}

/** ‖Δ‖ from Σ Δ² in four lanes, which rounding may leave a little below 0. */
@inline function sizeOf(v: v128, scaling: f32): f32 {
  const sum = sumOf(v);
  return sum > 0 ? scaling * sqrt<f32>(sum) : 0;
}

/** sum + a · b, lane by lane, of eight numbers or the first four. */
@inline function addProduct(sum: v128, a: usize, b: usize, wide: bool): v128 {
  const first = f32x4.add(sum, f32x4.mul(v128.load(a), v128.load(b)));
  return wide ? f32x4.add(first, f32x4.mul(v128.load(a, 16), v128.load(b, 16))) : first;
}

/**
 * ‖Δ‖² = s² zᵀGz; an item is four rows, whose z are packed [k][4]. G is symmetric: of each panel of 8 of its columns,
 * rows above the panel are left out and those below it count twice. So panels go from the last to the first, and z of
 * what was passed is doubled.
 */
export function gateRatios(
  z: usize, gram: usize, squares: usize, ratio: usize, rank: u32, parts: u32, scaling: f32, rows: u32, from: u32, to: u32,
): void {
  const tile = scratchAddress();
  const packed = tile + TILE_BYTES;
  const bytes: usize = 4 * rank;
  const last = rows - 1;
  for (let i: u32 = from * 4; i < to * 4; i += 4) {
    const z0 = z + bytes * i, z1 = z + bytes * min(i + 1, last);
    const z2 = z + bytes * min(i + 2, last), z3 = z + bytes * min(i + 3, last);
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
      for (let k: usize = 0; k < 128; k += 16) v128.store(own + k, f32x4.add(v128.load(own + k), v128.load(own + k)));
    }
    put(ratio, squares, parts, i, sizeOf(d0, scaling));
    if (i + 1 < rows) put(ratio, squares, parts, i + 1, sizeOf(d1, scaling));
    if (i + 2 < rows) put(ratio, squares, parts, i + 2, sizeOf(d2, scaling));
    if (i + 3 < rows) put(ratio, squares, parts, i + 3, sizeOf(d3, scaling));
  }
}

/** ‖Δ‖² is known; an item is a row. */
export function gateRatiosOfSquares(
  deltaSquares: usize, squares: usize, ratio: usize, parts: u32, from: u32, to: u32,
): void {
  for (let row = from; row < to; row++) {
    put(ratio, squares, parts, row, sqrt<f32>(load<f32>(deltaSquares + 4 * row)));
  }
}
