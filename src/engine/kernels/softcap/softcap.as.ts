// Scores held within ±cap; see capped.wgsl and softcap.wgsl.
import { constants, one } from '../constants.as';
import { tanh4 } from '../math.as';
import { rowAt } from '../rows/rows.as';

export function softcap(x: usize, width: u32, cap: f32, rows: u32, stride: u32, from: u32, to: u32): void {
  for (let i = from; i < to; i++) capNumbers(x + 4 * <usize>rowAt(i, 0, rows, stride) * width, width, 1, cap);
}

/** gradX = gradOut · the slope where the value is y. */
export function softcapBackward(
  y: usize, gradOut: usize, gradX: usize, width: u32, cap: f32, rows: u32, stride: u32, from: u32, to: u32,
): void {
  const c = constants(), inverse = f32x4.splat(1 / cap);
  for (let i = from; i < to; i++) {
    const first: usize = 4 * <usize>rowAt(i, 0, rows, stride) * width;
    for (let at = first; at < first + 4 * <usize>width; at += 16)
      v128.store(gradX + at, f32x4.mul(v128.load(gradOut + at), slopeAt(v128.load(y + at), inverse, c)));
  }
}

/** x ← cap · tanh(scale · x / cap) for `count` numbers, a multiple of 4. */
export function capNumbers(x: usize, count: u32, scale: f32, cap: f32): void {
  const c = constants(), by = f32x4.splat(scale / cap), caps = f32x4.splat(cap);
  for (const end = x + 4 * <usize>count; x < end; x += 16) {
    v128.store(x, f32x4.mul(caps, tanh4(f32x4.mul(v128.load(x), by), c)));
  }
}

/** The slope where the value is y; `inverse` is 1 / cap. */
@inline export function slopeAt(y: v128, inverse: v128, c: usize): v128 {
  const t = f32x4.mul(y, inverse);
  return f32x4.sub(one(c), f32x4.mul(t, t));
}
