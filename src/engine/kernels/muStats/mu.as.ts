// μ = s·u·z (+ extra) of rows [from, to); see mu.wgsl. `extra` is 0 where there is none.
import { sumOf } from '../math.as';

export function mu(u: usize, z: usize, extra: usize, out: usize, rank: u32, scaling: f32, from: u32, to: u32): void {
  for (let row = from; row < to; row++) {
    const at: usize = 4 * <usize>row * rank;
    let v = f32x4.splat(0);
    for (let k = at; k < at + 4 * rank; k += 16) v = f32x4.add(v, f32x4.mul(v128.load(u + k), v128.load(z + k)));
    store<f32>(out + 4 * row, scaling * sumOf(v) + (extra ? load<f32>(extra + 4 * row) : 0));
  }
}

/**
 * Adds to a StatSlot what μ [rows] and S in `open` come to: `sums` of kept rows, of skipped ones and of those where gate
 * and loss disagree; `helpful`, kept and skipped; `measured` rows. All of it is one item; sums are in f64.
 */
export function muSums(mu: usize, open: usize, sums: usize, helpful: usize, measured: usize, rows: u32): void {
  let kept: f64 = 0, skipped: f64 = 0, disagree: f64 = 0;
  let helpfulKept: u32 = 0, helpfulSkipped: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    const number = load<f32>(mu + 4 * row);
    const isKept = load<u32>(open + 4 * row) != 0;
    const value = <f64>number;
    // Without branches: nobody can tell which rows are kept.
    kept += select<f64>(value, 0, isKept);
    skipped += select<f64>(0, value, isKept);
    disagree += select<f64>(value, 0, number >= 0 == isKept);
    helpfulKept += u32(number < 0) & u32(isKept);
    helpfulSkipped += u32(number < 0) & u32(!isKept);
  }
  add(sums, kept); add(sums + 4, skipped); add(sums + 8, disagree);
  store<u32>(helpful, load<u32>(helpful) + helpfulKept);
  store<u32>(helpful + 4, load<u32>(helpful + 4) + helpfulSkipped);
  store<u32>(measured, load<u32>(measured) + rows);
}

@inline function add(at: usize, sum: f64): void {
  store<f32>(at, <f32>(<f64>load<f32>(at) + sum));
}
