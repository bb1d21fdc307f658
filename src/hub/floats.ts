/**
 * Floats of files. Inputs are little-endian bytes at any alignment, as typed arrays are on every machine that runs a
 * browser.
 */
import type { ValueType } from '../shared/exports';
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

/** Bits of f32 → the nearest bfloat16 and f16, ties to the even one; what is beyond f16 becomes infinite. */
const bf16Of = (bits: number): number =>
  (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function f16Of(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00;
  // From 65520 on, which is half a step beyond the largest.
  if (rest >= 0x477ff000) return sign | 0x7c00;
  if (rest >= 0x38800000) return sign | ((rest - 0x38000000 + 0xfff + ((rest >>> 13) & 1)) >>> 13);
  // Subnormal: beside 0.5, an f32 has steps of 2⁻²⁴ as well, and rounds to them.
  scratchBits[0] = rest;
  scratch[0] += 0.5;
  return sign | (scratchBits[0] - 0x3f000000);
}

export const floatBytes = (type: ValueType): number => (type === 'F32' ? 4 : 2);

/** [n] f32 → their bytes in another type, little-endian, each rounded to the nearest. f32 stays the same memory. */
export function bytesAs(type: ValueType, values: Float32Array): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  const one = type === 'F16' ? f16Of : bf16Of;
  for (let i = 0; i < out.length; i++) out[i] = one(bits[i]);
  return new Uint8Array(out.buffer);
}
