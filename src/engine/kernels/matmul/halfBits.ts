/** f32 as f16, where that loses nothing. */

/** Half of the smallest subnormal f16: what a value below 2⁻¹⁴ may lose. */
const LOST = 2 ** -25;

/**
 * `values` as bits of f16 where nothing is lost: every value of at least 2⁻¹⁴ is an f16, smaller ones are rounded by at
 * most 2⁻²⁵. Null where that does not hold; such weights stay f32.
 */
export function halfBits(values: Float32Array): Uint16Array<ArrayBuffer> | null {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i];
    const exponent = ((b >>> 23) & 0xff) - 127;
    const sign = (b >>> 16) & 0x8000;
    if (exponent >= -14) {
      if (exponent > 15 || (b & 0x1fff) !== 0) return null;
      half[i] = sign | ((exponent + 15) << 10) | ((b >>> 13) & 0x3ff);
    } else {
      // A subnormal f16 counts steps of 2⁻²⁴; a whole 1024 of them is the smallest normal one, with the same bits.
      half[i] = sign | Math.round(Math.abs(values[i]) / (2 * LOST));
    }
  }
  return half;
}
