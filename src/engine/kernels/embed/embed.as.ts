// Rows of an embedding table times `scale`, for the ids that lie in this part of it; see embed.wgsl.
import { isQuantised, unpack } from '../matmul/quantised.as';
import { loadQuad } from '../matmul/weight.as';
import { rowAt } from '../rows/rows.as';

export function embed(
  ids: usize, table: usize, form: u32, first: u32, count: u32, total: u32, out: usize, width: u32, scale: f32,
  rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const at = load<u32>(ids + 4 * i) - first;
    const foreign = first == 0 && at >= total;
    if (at >= count && !foreign) continue;
    const target = out + 4 * <usize>rowAt(i, 0, rows, stride) * width;
    if (foreign) for (let d: u32 = 0; d < width; d += 4) v128.store(target + 4 * d, f32x4.splat(NaN));
    else copyRow(table, form, at * width, width, target);
    if (scale != 1) multiply(target, width, f32x4.splat(scale));
  }
}

/** Numbers `at` … of a table, unpacked, to `target`. */
@inline export function copyRow(table: usize, form: u32, at: u32, width: u32, target: usize): void {
  if (isQuantised(form)) unpack(table, form, at, width, target);
  else for (let d: u32 = 0; d < width; d += 4) v128.store(target + 4 * d, loadQuad(table, at + d, form == 1));
}

@inline function multiply(row: usize, width: u32, by: v128): void {
  for (let d: u32 = 0; d < width; d += 4) v128.store(row + 4 * d, f32x4.mul(v128.load(row + 4 * d), by));
}
