/** 16-bit floats to f32, exactly. Inputs are little-endian bytes at any alignment. */

let table: Float32Array | null = null;

/** f32 value of every IEEE binary16 pattern. */
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

/** [n] f16 in 2n bytes → f32. */
export function f16ToF32(bytes: Uint8Array): Float32Array {
  const values = halfTable();
  const out = new Float32Array(bytes.length >> 1);
  for (let i = 0, p = 0; i < out.length; i++, p += 2) out[i] = values[bytes[p] | (bytes[p + 1] << 8)];
  return out;
}

/** [n] bfloat16 in 2n bytes → f32: the upper half of each f32. */
export function bf16ToF32(bytes: Uint8Array): Float32Array {
  const out = new Uint32Array(bytes.length >> 1);
  for (let i = 0, p = 0; i < out.length; i++, p += 2) out[i] = ((bytes[p] | (bytes[p + 1] << 8)) << 16) >>> 0;
  return new Float32Array(out.buffer);
}

/** [n] f32 in 4n little-endian bytes → f32, a copy. */
export function f32Copy(bytes: Uint8Array): Float32Array {
  const out = new Float32Array(bytes.length >> 2);
  new Uint8Array(out.buffer).set(bytes.subarray(0, out.length * 4));
  return out;
}

/** Rows of a [rows, columns] matrix become columns: → [columns, rows]. Blocked, so that both sides stay in cache. */
export function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  const block = 32;
  for (let r0 = 0; r0 < rows; r0 += block) {
    const r1 = Math.min(rows, r0 + block);
    for (let c0 = 0; c0 < columns; c0 += block) {
      const c1 = Math.min(columns, c0 + block);
      for (let c = c0; c < c1; c++) {
        for (let r = r0; r < r1; r++) out[c * rows + r] = data[r * columns + c];
      }
    }
  }
  return out;
}

/** Arrays behind one another. */
export function concatenated(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const out = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
