// GateRA's work over rows × inputs; items are rows of a pass, as in rows.as.ts.
import { sumOf } from '../math.as';
import { rowAt } from '../rows/rows.as';

/** logit = w·x; see logits.wgsl. */
export function gateLogits(
  x: usize, w: usize, logit: usize, width: u32, rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row: usize = rowAt(i, 0, rows, stride);
    const start = x + 4 * row * width;
    let sum = f32x4.splat(0);
    for (let k: u32 = 0; k < 4 * width; k += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(w + k), v128.load(start + k)));
    }
    store<f32>(logit + 4 * row, sumOf(sum));
  }
}

/** gradIn += gradLogit w; see addOuter.wgsl. */
export function addOuter(
  gradLogit: usize, w: usize, gradIn: usize, width: u32, rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row: usize = rowAt(i, 0, rows, stride);
    const own = gradIn + 4 * row * width;
    const factor = v128.load32_splat(gradLogit + 4 * row);
    for (let k: u32 = 0; k < 4 * width; k += 16) {
      v128.store(own + k, f32x4.add(v128.load(own + k), f32x4.mul(factor, v128.load(w + k))));
    }
  }
}
