// W in panels of 8 columns: the loop over k of a product then reads one line after another.
import { constants, halfBits, halfPower } from '../constants.as';
import { putTurned } from '../lowRankGrad/outer.as';
import { copyBlocks, isQuantised, turnBlocks } from './quantised.as';
import { fourHalves } from './weight.as';

/**
 * Columns column … column + 7 of W from row k0 of the sum on, [depth][8]; zeros beyond n. `form`: 0 is f32, 1 f16, else
 * blocks.
 */
export function pack(
  w: usize, form: u32, transposed: bool, n: u32, k: u32, k0: u32, depth: u32, column: u32, to: usize,
): void {
  const wide = column + 4 < n;
  if (!transposed) {
    const at = k0 * n + column;
    if (isQuantised(form)) copyBlocks(w, form, n, at, depth, to);
    else if (form) copyHalves(w + 2 * at, 2 * n, wide, depth, to);
    else copyFloats(w + 4 * at, 4 * n, wide, depth, to);
    return;
  }
  for (let c: u32 = 0; c < 8; c += 4) {
    if (c == 4 && !wide) {
      for (let i: u32 = 0; i < depth; i++) v128.store(to + 32 * i, f32x4.splat(0), 16);
      return;
    }
    const at = (column + c) * k + k0;
    if (isQuantised(form)) turnBlocks(w, form, k, at, depth, to + 4 * c);
    else if (form) turnHalves(w + 2 * at, 2 * k, depth, to + 4 * c);
    else turnFloats(w + 4 * at, 4 * k, depth, to + 4 * c);
  }
}

/** Eight columns of W [k, n], `row` bytes from row to row; four and zeros where they are not `wide`. */
function copyFloats(w: usize, row: usize, wide: bool, depth: u32, to: usize): void {
  for (const end = to + 32 * depth; to < end; to += 32, w += row) {
    v128.store(to, v128.load(w));
    v128.store(to, wide ? v128.load(w, 16) : f32x4.splat(0), 16);
  }
}
function copyHalves(w: usize, row: usize, wide: bool, depth: u32, to: usize): void {
  const bits = halfBits(constants()), power = halfPower(constants());
  for (const end = to + 32 * depth; to < end; to += 32, w += row) {
    v128.store(to, fourHalves(v128.load16x4_s(w), bits, power));
    v128.store(to, wide ? fourHalves(v128.load16x4_s(w, 8), bits, power) : f32x4.splat(0), 16);
  }
}

/**
 * Four columns of W [n, k], `column` bytes apart, as [depth] quads 32 bytes apart: four places of k at a time, turned.
 */
function turnFloats(w: usize, column: usize, depth: u32, to: usize): void {
  let w0 = w, w1 = w0 + column, w2 = w1 + column, w3 = w2 + column;
  for (const end = to + 32 * depth; to < end; to += 128) {
    putTurned(v128.load(w0), v128.load(w1), v128.load(w2), v128.load(w3), to, 32, false);
    w0 += 16; w1 += 16; w2 += 16; w3 += 16;
  }
}
function turnHalves(w: usize, column: usize, depth: u32, to: usize): void {
  const bits = halfBits(constants()), power = halfPower(constants());
  let w0 = w, w1 = w0 + column, w2 = w1 + column, w3 = w2 + column;
  for (const end = to + 32 * depth; to < end; to += 128) {
    putTurned(
      fourHalves(v128.load16x4_s(w0), bits, power), fourHalves(v128.load16x4_s(w1), bits, power),
      fourHalves(v128.load16x4_s(w2), bits, power), fourHalves(v128.load16x4_s(w3), bits, power), to, 32, false,
    );
    w0 += 8; w1 += 8; w2 += 8; w3 += 8;
  }
}
