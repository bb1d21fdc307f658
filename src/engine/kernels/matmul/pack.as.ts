// W in panels of 8 columns: the loop over k of a product then reads one line after another.
import { loadQuad } from './weight.as';

/** Columns column … column + 7 of W from row k0 of the sum on, [depth][8]; zeros beyond n. */
export function pack(w: usize, half: bool, transposed: bool, n: u32, k: u32, k0: u32, depth: u32, column: u32, to: usize): void {
  const wide = column + 4 < n;
  const zero = f32x4.splat(0);
  if (!transposed) {
    for (let i: u32 = 0; i < depth; i++, to += 32) {
      const at = (k0 + i) * n + column;
      v128.store(to, loadQuad(w, at, half));
      v128.store(to, wide ? loadQuad(w, at + 4, half) : zero, 16);
    }
    return;
  }
  for (let c: u32 = 0; c < 8; c += 4) {
    if (c == 4 && !wide) {
      for (let i: u32 = 0; i < depth; i++) v128.store(to + 32 * i, zero, 16);
      return;
    }
    const at = (column + c) * k + k0;
    // Four columns, four places of k at a time, transposed.
    for (let i: u32 = 0; i < depth; i += 4) {
      const c0 = loadQuad(w, at + i, half), c1 = loadQuad(w, at + k + i, half);
      const c2 = loadQuad(w, at + 2 * k + i, half), c3 = loadQuad(w, at + 3 * k + i, half);
      const u0 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5), u1 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
      const v0 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7), v1 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
      const target = to + 32 * i + 4 * c;
      v128.store(target, v128.shuffle<i32>(u0, u1, 0, 1, 4, 5));
      v128.store(target, v128.shuffle<i32>(u0, u1, 2, 3, 6, 7), 32);
      v128.store(target, v128.shuffle<i32>(v0, v1, 0, 1, 4, 5), 64);
      v128.store(target, v128.shuffle<i32>(v0, v1, 2, 3, 6, 7), 96);
    }
  }
}
