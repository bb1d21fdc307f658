// Norms of rows [from, to) of a frozen matrix; see rowNorms.wgsl.
import { isQuantised, unpack } from '../matmul/quantised.as';
import { loadQuad } from '../matmul/weight.as';
import { scratchAddress } from '../scratch.as';
import { sumOf } from '../math.as';

export function rowNorms(w: usize, form: u32, rowNormSquared: usize, norms: usize, k: u32, from: u32, to: u32): void {
  for (let row = from; row < to; row++) {
    let sum = f32x4.splat(0);
    const floats = scratchAddress();
    if (isQuantised(form)) unpack(w, form, row * k, k, floats);
    for (let i: u32 = 0; i < k; i += 4) {
      const v = isQuantised(form) ? v128.load(floats + 4 * i) : loadQuad(w, row * k + i, form == 1);
      sum = f32x4.add(sum, f32x4.mul(v, v));
    }
    const total = sumOf(sum);
    store<f32>(rowNormSquared + 4 * row, total);
    store<f32>(norms + 4 * row, sqrt<f32>(total));
  }
}
