// Sums of squares of chunks [from, to) of a flat buffer, a multiple of 4 long; see squares.wgsl.
import { sumOf } from '../kernels/math.as';

export function sumSquares(grads: usize, partial: usize, chunk: u32, length: u32, from: u32, to: u32): void {
  for (let c = from; c < to; c++) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at = grads + 4 * <usize>c * chunk;
    const end = grads + 4 * <usize>min(length, (c + 1) * chunk);
    for (; at + 64 <= end; at += 64) {
      const a = v128.load(at), b = v128.load(at, 16), d = v128.load(at, 32), e = v128.load(at, 48);
      s0 = f32x4.add(s0, f32x4.mul(a, a));
      s1 = f32x4.add(s1, f32x4.mul(b, b));
      s2 = f32x4.add(s2, f32x4.mul(d, d));
      s3 = f32x4.add(s3, f32x4.mul(e, e));
    }
    for (; at < end; at += 16) {
      const a = v128.load(at);
      s0 = f32x4.add(s0, f32x4.mul(a, a));
    }
    store<f32>(partial + 4 * c, sumOf(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))));
  }
}
