// The norm and its backward over rows [from, to) of a pass; see layerNorm.wgsl. `bias` is 0 where there is none.
import { sumOf } from '../math.as';
import { rowAt } from '../rows/rows.as';

/** `keep`: `stats` are there already. */
export function layerNorm(
  x: usize, weight: usize, bias: usize, out: usize, stats: usize, width: u32, eps: f32, keep: bool,
  rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row: usize = rowAt(i, 0, rows, stride);
    const at = x + 4 * row * width, target = out + 4 * row * width, stat = stats + 8 * row;
    if (!keep) measure(at, width, eps, stat);
    const mean = v128.load32_splat(stat), rstd = v128.load32_splat(stat, 4);
    for (let d: usize = 0; d < 4 * <usize>width; d += 16) {
      const y = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(at + d), mean), rstd), v128.load(weight + d));
      v128.store(target + d, bias ? f32x4.add(y, v128.load(bias + d)) : y);
    }
  }
}

/** {mean, rstd} of a row. The variance is of the differences: mean(x²) − mean² would cancel. */
function measure(x: usize, width: u32, eps: f32, stat: usize): void {
  const end = x + 4 * <usize>width;
  let sum = f32x4.splat(0);
  for (let at = x; at < end; at += 16) sum = f32x4.add(sum, v128.load(at));
  const mean = sumOf(sum) / <f32>width;
  const means = f32x4.splat(mean);
  let squares = f32x4.splat(0);
  for (let at = x; at < end; at += 16) {
    const v = f32x4.sub(v128.load(at), means);
    squares = f32x4.add(squares, f32x4.mul(v, v));
  }
  store<f32>(stat, mean);
  store<f32>(stat, 1 / sqrt<f32>(sumOf(squares) / <f32>width + eps), 4);
}

/** gradX (+)= rstd · (g − mean(g) − h · mean(g · h)) with g = gradOut · weight and h = (x − mean) · rstd. */
export function layerNormBackward(
  x: usize, weight: usize, stats: usize, gradOut: usize, gradX: usize, width: u32, accumulate: bool,
  rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row: usize = rowAt(i, 0, rows, stride);
    const start = 4 * row * width, bytes: usize = 4 * width;
    const mean = v128.load32_splat(stats + 8 * row), rstd = v128.load32_splat(stats + 8 * row, 4);
    let sum = f32x4.splat(0), inner = f32x4.splat(0);
    for (let d: usize = 0; d < bytes; d += 16) {
      const g = f32x4.mul(v128.load(gradOut + start + d), v128.load(weight + d));
      sum = f32x4.add(sum, g);
      inner = f32x4.add(inner, f32x4.mul(g, f32x4.mul(f32x4.sub(v128.load(x + start + d), mean), rstd)));
    }
    const shift = f32x4.splat(sumOf(sum) / <f32>width), shrink = f32x4.splat(sumOf(inner) / <f32>width);
    for (let d: usize = 0; d < bytes; d += 16) {
      const g = f32x4.mul(v128.load(gradOut + start + d), v128.load(weight + d));
      const h = f32x4.mul(f32x4.sub(v128.load(x + start + d), mean), rstd);
      const grad = f32x4.mul(rstd, f32x4.sub(f32x4.sub(g, shift), f32x4.mul(h, shrink)));
      v128.store(gradX + start + d, accumulate ? f32x4.add(v128.load(gradX + start + d), grad) : grad);
    }
  }
}
