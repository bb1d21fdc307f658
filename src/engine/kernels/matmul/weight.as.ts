// Reading frozen weights, f32 or f16; quantised ones: quantised.as.ts.
import { constants, halfBits, halfPower } from '../constants.as';

/** The numbers at index `i` … i + 3 of a weight. */
@inline export function loadQuad(w: usize, i: u32, half: bool): v128 {
  if (!half) return v128.load(w + 4 * i);
  const c = constants();
  return fourHalves(v128.load16x4_s(w + 2 * i), halfBits(c), halfPower(c));
}

/**
 * Four f16, each with its sign spread over the upper half of its lane, as numbers; `bits` and `power` as in
 * constants.as.ts.
 */
@inline export function fourHalves(x: v128, bits: v128, power: v128): v128 {
  // An f16 shifted into an f32's place has its value but for the exponent's bias; subnormals come out right too.
  return f32x4.mul(v128.and(i32x4.shl(x, 13), bits), power);
}
