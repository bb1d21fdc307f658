// Rotary position embedding of the first `rotary` numbers of each head, in place over rows [from, to) of a pass; see
// rope.wgsl.
import { rowAt } from '../rows/rows.as';

export function rope(
  meta: usize, table: usize, x: usize, heads: u32, headDim: u32, rotary: u32, inverse: bool, rows: u32, stride: u32,
  from: u32, to: u32,
): void {
  const half = rotary / 2;
  const vectorEnd = half & ~3;
  const sign: f32 = inverse ? -1 : 1;
  const signs = f32x4.splat(sign);
  for (let i = from; i < to; i++) {
    const turns = table + 8 * <usize>load<u32>(meta + 16 * <usize>i, 4) * half;
    const row = x + 4 * <usize>rowAt(i, 0, rows, stride) * heads * headDim;
    for (let head: u32 = 0; head < heads; head++) {
      const a = row + 4 * head * headDim;
      const b = a + 4 * half;
      for (let d: u32 = 0; d < vectorEnd; d += 4) {
        // Pairs of cosine and sine, taken apart.
        const t0 = v128.load(turns + 8 * d), t1 = v128.load(turns + 8 * d, 16);
        const c = v128.shuffle<i32>(t0, t1, 0, 2, 4, 6);
        const s = f32x4.mul(signs, v128.shuffle<i32>(t0, t1, 1, 3, 5, 7));
        const u = v128.load(a + 4 * d), v = v128.load(b + 4 * d);
        v128.store(a + 4 * d, f32x4.sub(f32x4.mul(u, c), f32x4.mul(v, s)));
        v128.store(b + 4 * d, f32x4.add(f32x4.mul(v, c), f32x4.mul(u, s)));
      }
      for (let d = vectorEnd; d < half; d++) {
        const c = load<f32>(turns + 8 * d), s = sign * load<f32>(turns + 8 * d, 4);
        const u = load<f32>(a + 4 * d), v = load<f32>(b + 4 * d);
        store<f32>(a + 4 * d, u * c - v * s);
        store<f32>(b + 4 * d, v * c + u * s);
      }
    }
  }
}
