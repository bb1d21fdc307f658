import { mixBits } from './hash';

/** keep · x / (1 − p) in f64 for [rows, width], and the same of whole rows; key 0 drops nothing. */
export function dropoutRef(
  x: ArrayLike<number>,
  rows: number,
  width: number,
  { p, ofRows = 0, key, salt, first = 0 }: { p: number; ofRows?: number; key: number; salt: number; first?: number },
): Float64Array {
  return Float64Array.from({ length: rows * width }, (_, i) => {
    const ofRow = mixBits(mixBits(mixBits(key) + salt) + first + Math.floor(i / width));
    const stays = mixBits(ofRow + (i % width)) >= p * 2 ** 32 && mixBits(ofRow ^ 0x3c6ef372) >= ofRows * 2 ** 32;
    return key === 0 ? x[i] : stays ? x[i] / ((1 - p) * (1 - ofRows)) : 0;
  });
}
