// μ = s·u·z (+ extra) of the rows of a pass, and what comes of it; see mu.wgsl. `extra` is 0 where there is none.
import { loadFour, rowOfFour, storeFour } from '../fourRows.as';
import { sumsOfLanes } from '../math.as';

/** An item is four rows. */
export function mu(
  u: usize, z: usize, extra: usize, out: usize, rank: u32, scaling: f32, rows: u32, from: u32, to: u32,
): void {
  const bytes: usize = 4 * rank;
  const s = f32x4.splat(scaling);
  for (let row: u32 = 4 * from; row < 4 * to; row += 4) {
    const left = rows - 1 - row;
    const at0 = bytes * row;
    const at1 = rowOfFour(at0, bytes, 1, left), at2 = rowOfFour(at0, bytes, 2, left),
      at3 = rowOfFour(at0, bytes, 3, left);
    let v0 = f32x4.splat(0), v1 = v0, v2 = v0, v3 = v0;
    for (let k: usize = 0; k < bytes; k += 16) {
      v0 = f32x4.add(v0, f32x4.mul(v128.load(u + at0 + k), v128.load(z + at0 + k)));
      v1 = f32x4.add(v1, f32x4.mul(v128.load(u + at1 + k), v128.load(z + at1 + k)));
      v2 = f32x4.add(v2, f32x4.mul(v128.load(u + at2 + k), v128.load(z + at2 + k)));
      v3 = f32x4.add(v3, f32x4.mul(v128.load(u + at3 + k), v128.load(z + at3 + k)));
    }
    let value = f32x4.mul(s, sumsOfLanes(v0, v1, v2, v3));
    const e = extra + 4 * <usize>row;
    if (extra) value = f32x4.add(value,
      loadFour(e, rowOfFour(e, 4, 1, left), rowOfFour(e, 4, 2, left), rowOfFour(e, 4, 3, left)));
    storeFour(out + 4 * <usize>row, value, left);
  }
}

/**
 * Adds to the StatSlot `stat` what μ [rows] and S in `open` come to: from word `sums` on the sums of kept rows, of
 * skipped ones and of those where gate and loss disagree; from `helpful` on how many help, kept and skipped; at
 * `measured` the rows. All of it is one item; sums are in f64.
 */
export function muSums(mu: usize, open: usize, stat: usize, sums: u32, helpful: u32, measured: u32, rows: u32): void {
  let kept: f64 = 0, skipped: f64 = 0, disagree: f64 = 0;
  let helpfulActive: u32 = 0, helpfulSkipped: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    const number = load<f32>(mu + 4 * row);
    const isKept = load<u32>(open + 4 * row) != 0;
    const value = <f64>number;
    // Without branches: nobody can tell which rows are kept, and V8 makes one of every `select`.
    const mask = 0 - <u64>isKept;
    kept += where(value, mask);
    skipped += where(value, ~mask);
    disagree += where(value, 0 - <u64>(number >= 0 == isKept));
    helpfulActive += u32(number < 0) & u32(isKept);
    helpfulSkipped += u32(number < 0) & u32(!isKept);
  }
  add(stat, sums, kept); add(stat, sums + 1, skipped); add(stat, sums + 2, disagree);
  count(stat, helpful, helpfulActive); count(stat, helpful + 1, helpfulSkipped);
  count(stat, measured, rows);
}

/** Both. */
export function muStats(
  u: usize, z: usize, extra: usize, out: usize, rank: u32, scaling: f32,
  open: usize, stat: usize, sums: u32, helpful: u32, measured: u32, rows: u32,
): void {
  mu(u, z, extra, out, rank, scaling, rows, 0, (rows + 3) / 4);
  muSums(out, open, stat, sums, helpful, measured, rows);
}

/** The value where the mask is all ones, 0 where it is 0. */
@inline function where(value: f64, mask: u64): f64 {
  return reinterpret<f64>(reinterpret<u64>(value) & mask);
}

@inline function add(stat: usize, word: u32, sum: f64): void {
  const at = stat + 4 * <usize>word;
  store<f32>(at, <f32>(<f64>load<f32>(at) + sum));
}

@inline function count(stat: usize, word: u32, more: u32): void {
  const at = stat + 4 * <usize>word;
  store<u32>(at, load<u32>(at) + more);
}
