// Rows [from, to) of the gradient of a weight, and their biases; see weightGrad.wgsl. `bias` is 0 where there is none.
import { rowAt } from '../rows/rows.as';

export function weightGrad(
  g: usize, x: usize, weight: usize, bias: usize, n: u32, k: u32, rows: u32, stride: u32, count: u32, from: u32,
  to: u32,
): void {
  for (let o = from; o < to; o++) {
    const target = weight + 4 * <usize>o * k;
    let sum: f32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const row: usize = rowAt(i, 0, rows, stride);
      const value = load<f32>(g + 4 * (row * n + o));
      const factor = f32x4.splat(value), input = x + 4 * row * k;
      sum += value;
      for (let at: u32 = 0; at < 4 * k; at += 16)
        v128.store(target + at, f32x4.add(v128.load(target + at), f32x4.mul(factor, v128.load(input + at))));
    }
    if (bias) store<f32>(bias + 4 * o, load<f32>(bias + 4 * o) + sum);
  }
}
