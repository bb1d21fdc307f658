// Four rows at a time, of which the last four may be fewer: `left` rows come after the first.

/** Where row i of four begins, `bytes` apart; the last row stands for those that are not there. */
@inline export function rowOfFour(first: usize, bytes: usize, i: u32, left: u32): usize {
  return first + bytes * min(i, left);
}

/** One number from each of four places. */
@inline export function loadFour(a: usize, b: usize, c: usize, d: usize): v128 {
  return v128.load32_lane(d, v128.load32_lane(c, v128.load32_lane(b, v128.load32_zero(a), 1), 2), 3);
}

/** A number of each row that is there, one after another from `to` on. */
@inline export function storeFour(to: usize, v: v128, left: u32): void {
  if (left >= 3) { v128.store(to, v); return; }
  v128.store32_lane(to, v, 0);
  if (left >= 1) v128.store32_lane(to, v, 1, 4);
  if (left >= 2) v128.store32_lane(to, v, 2, 8);
}
