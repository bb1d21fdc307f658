// Reading frozen weights, f32 or f16.

/** The numbers at index `i` … i + 3 of a weight. */
@inline export function loadQuad(w: usize, i: u32, half: bool): v128 {
  return half ? fourHalves(v128.load16x4_s(w + 2 * i)) : v128.load(w + 4 * i);
}

/** Four f16, each with its sign spread over the upper half of its lane, as numbers. */
@inline export function fourHalves(bits: v128): v128 {
  // An f16 shifted into an f32's place has its value but for the exponent's bias; subnormals come out right too.
  const shifted = v128.and(i32x4.shl(bits, 13), i32x4.splat(0x8fffe000));
  return f32x4.mul(shifted, f32x4.splat(reinterpret<f32>(0x77800000)));  // 2^112
}
