// The norm and its backward over rows [from, to) of a pass, group by group; see rmsNorm.wgsl.
import { rowAt } from '../rows/rows.as';
import { sumOf } from '../math.as';

/** `keep`: `rstd` is there already. */
export function rmsNorm(
  x: usize, weight: usize, out: usize, rstd: usize, groups: u32, width: u32, eps: f32, keep: bool, rows: u32,
  stride: u32, from: u32, to: u32,
): void {
  for (let i = from * groups; i < to * groups; i++) {
    const row = rowAt(i / groups, 0, rows, stride) * groups + i % groups;
    const start: usize = 4 * row * width;
    let r = load<f32>(rstd + 4 * row);
    if (!keep) {
      let sum = f32x4.splat(0);
      for (let d: u32 = 0; d < 4 * width; d += 16) {
        const v = v128.load(x + start + d);
        sum = f32x4.add(sum, f32x4.mul(v, v));
      }
      r = 1 / sqrt<f32>(sumOf(sum) / <f32>width + eps);
      store<f32>(rstd + 4 * row, r);
    }
    const scale = f32x4.splat(r);
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      v128.store(out + start + d, f32x4.mul(f32x4.mul(v128.load(x + start + d), scale), v128.load(weight + d)));
    }
  }
}

/** gradX (+)= rstd · (g · w − x · rstd² · mean(g · w · x)). */
export function rmsNormBackward(
  x: usize, weight: usize, rstd: usize, gradOut: usize, gradX: usize, groups: u32, width: u32, accumulate: bool,
  rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from * groups; i < to * groups; i++) {
    const row = rowAt(i / groups, 0, rows, stride) * groups + i % groups;
    const start: usize = 4 * row * width;
    const r = load<f32>(rstd + 4 * row);
    let sum = f32x4.splat(0);
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const gw = f32x4.mul(v128.load(gradOut + start + d), v128.load(weight + d));
      sum = f32x4.add(sum, f32x4.mul(gw, v128.load(x + start + d)));
    }
    const mean = f32x4.splat(sumOf(sum) * r * r / <f32>width);
    const scale = f32x4.splat(r);
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const gw = f32x4.mul(v128.load(gradOut + start + d), v128.load(weight + d));
      const g = f32x4.mul(scale, f32x4.sub(gw, f32x4.mul(v128.load(x + start + d), mean)));
      v128.store(gradX + start + d, accumulate ? f32x4.add(v128.load(gradX + start + d), g) : g);
    }
  }
}
