import { mixBits } from './hash';

/** keep · x / (1 − p) in f64 for [rows, width]; key 0 drops nothing. */
export function dropoutRef(
  x: ArrayLike<number>,
  rows: number,
  width: number,
  { p, key, salt, first = 0 }: { p: number; key: number; salt: number; first?: number },
): Float64Array {
  return Float64Array.from({ length: rows * width }, (_, i) => {
    const hash = mixBits(mixBits(mixBits(mixBits(key) + salt) + first + Math.floor(i / width)) + (i % width));
    return key === 0 ? x[i] : hash >= p * 2 ** 32 ? x[i] / (1 - p) : 0;
  });
}
