// Reading frozen weights, f32 or f16.

/** The numbers at index `i` … i + 3 of a weight. */
@inline export function loadQuad(w: usize, i: u32, half: bool): v128 {
  if (!half) return v128.load(w + 4 * i);
  // An f16 shifted into an f32's place has its value but for the exponent's bias; subnormals come out right too.
  const bits = v128.load16x4_u(w + 2 * i);
  const size = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const value = f32x4.mul(size, f32x4.splat(reinterpret<f32>(0x77800000)));  // 2^112
  return v128.or(value, i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16));
}
