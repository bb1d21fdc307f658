// Sums of outer products: what the low-rank gradients and the Gram matrices consist of.

/**
 * tile [4][8] = Σ over `count` rows of narrow [4] ⊗ wide [8], rows in order. Rows lie `narrowStep` and `wideStep` bytes
 * apart; the last four columns of `wide` lie `second` bytes behind the first (0: there are none, theirs mean nothing).
 * Inlined: with the steps known, a row takes a fifth less time.
 */
@inline export function outerSum(
  narrow: usize, narrowStep: usize, wide: usize, wideStep: usize, second: usize, count: u32, tile: usize,
): void {
  let t00 = f32x4.splat(0), t01 = t00, t10 = t00, t11 = t00, t20 = t00, t21 = t00, t30 = t00, t31 = t00;
  for (const end = narrow + narrowStep * count; narrow < end; narrow += narrowStep) {
    const b0 = v128.load(wide), b1 = v128.load(wide + second);
    let v = v128.load32_splat(narrow); t00 = f32x4.add(t00, f32x4.mul(v, b0)); t01 = f32x4.add(t01, f32x4.mul(v, b1));
    v = v128.load32_splat(narrow, 4); t10 = f32x4.add(t10, f32x4.mul(v, b0)); t11 = f32x4.add(t11, f32x4.mul(v, b1));
    v = v128.load32_splat(narrow, 8); t20 = f32x4.add(t20, f32x4.mul(v, b0)); t21 = f32x4.add(t21, f32x4.mul(v, b1));
    v = v128.load32_splat(narrow, 12); t30 = f32x4.add(t30, f32x4.mul(v, b0)); t31 = f32x4.add(t31, f32x4.mul(v, b1));
    wide += wideStep;
  }
  v128.store(tile, t00); v128.store(tile, t01, 16);
  v128.store(tile, t10, 32); v128.store(tile, t11, 48);
  v128.store(tile, t20, 64); v128.store(tile, t21, 80);
  v128.store(tile, t30, 96); v128.store(tile, t31, 112);
}

/** Bytes of a tile. */
export const TILE_BYTES: usize = 128;

/** to (+)= scale · four columns of a tile, from address `tile` on; rows of `to` lie `step` bytes apart. */
@inline export function putQuad(tile: usize, to: usize, step: usize, scale: v128, add: bool): void {
  put(to, f32x4.mul(scale, v128.load(tile)), add);
  put(to + step, f32x4.mul(scale, v128.load(tile, 32)), add);
  put(to + 2 * step, f32x4.mul(scale, v128.load(tile, 64)), add);
  put(to + 3 * step, f32x4.mul(scale, v128.load(tile, 96)), add);
}

/** The same transposed: columns of the tile become rows of `to`. */
@inline export function putQuadTurned(tile: usize, to: usize, step: usize, scale: v128, add: bool): void {
  const r0 = f32x4.mul(scale, v128.load(tile)), r1 = f32x4.mul(scale, v128.load(tile, 32));
  const r2 = f32x4.mul(scale, v128.load(tile, 64)), r3 = f32x4.mul(scale, v128.load(tile, 96));
  putTurned(r0, r1, r2, r3, to, step, add);
}

/** Four quads as columns. */
@inline export function putTurned(r0: v128, r1: v128, r2: v128, r3: v128, to: usize, step: usize, add: bool): void {
  const u0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), u1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const v0 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7), v1 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  put(to, v128.shuffle<i32>(u0, u1, 0, 1, 4, 5), add);
  put(to + step, v128.shuffle<i32>(u0, u1, 2, 3, 6, 7), add);
  put(to + 2 * step, v128.shuffle<i32>(v0, v1, 0, 1, 4, 5), add);
  put(to + 3 * step, v128.shuffle<i32>(v0, v1, 2, 3, 6, 7), add);
}

@inline function put(to: usize, value: v128, add: bool): void {
  v128.store(to, add ? f32x4.add(v128.load(to), value) : value);
}
