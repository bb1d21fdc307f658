/** IEEE binary16 numbers as f32, exactly. */

let table: Float32Array | null = null;

/** f32 value of every pattern of 16 bits. */
function halfTable(): Float32Array {
  if (table) return table;
  const values = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    values[bits] =
      exponent === 0
        ? sign * fraction * 2 ** -24
        : exponent === 31
          ? fraction
            ? NaN
            : sign * Infinity
          : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  table = values;
  return values;
}

/** The f16 of these 16 bits. */
export const halfValue = (bits: number): number => halfTable()[bits];

/** The f16s of these patterns as f32. */
export function halvesToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = halfTable();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = values[bits[i]];
  return out;
}
