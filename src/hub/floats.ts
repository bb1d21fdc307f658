/** Floats of files. Inputs are little-endian bytes at any alignment, as typed arrays are on every machine that runs a browser. */
import { halvesToF32 } from '../shared/half';

/** [n] f16 in 2n bytes, as their patterns: the bytes' own memory where they lie on an even place. */
export function halvesOf(bytes: Uint8Array): Uint16Array {
  const count = bytes.length >> 1;
  if (bytes.byteOffset % 2 === 0) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  return new Uint16Array(bytes.slice(0, 2 * count).buffer);
}

/** [n] f16 in 2n bytes → f32. */
export const f16ToF32 = (bytes: Uint8Array): Float32Array => halvesToF32(halvesOf(bytes));

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
