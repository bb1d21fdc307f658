// What attention's passes on the CPU are made of: blocks of a sequence's rows, counted from its start so that a row's
// sums have one order wherever the sequence lies, and products of such blocks.
import { putTurned } from '../lowRankGrad/outer.as';
import { scratchAddress } from '../scratch.as';

/** Rows of a block of queries or keys. */
export const BLOCK: u32 = 64;
/**
 * Bytes from one query's scores to the next one's: no power of two, so that a column of them does not share cache sets.
 */
export const SCORES_ROW: usize = 4 * (BLOCK + 4);
const SCORES_BYTES: usize = SCORES_ROW * BLOCK;
/** A block's panels, heads being 256 long at most. */
const PANELS_BYTES: usize = BLOCK * 256 * 4;

/** Scratch: two blocks of scores [query][key], five blocks of panels, and a pair of numbers for each query. */
@inline export function scores(): usize { return scratchAddress(); }
@inline export function gradScores(): usize { return scratchAddress() + SCORES_BYTES; }
@inline export function panels(i: u32): usize { return scratchAddress() + 2 * SCORES_BYTES + PANELS_BYTES * i; }
@inline export function pairs(): usize { return panels(5); }

@inline export function keyStartOf(meta: usize, i: u32): u32 { return load<u32>(meta + 16 * <usize>i); }
@inline export function positionOf(meta: usize, i: u32): u32 { return load<u32>(meta + 16 * <usize>i, 4); }
@inline export function sequenceEndOf(meta: usize, i: u32): u32 { return load<u32>(meta + 16 * <usize>i, 8); }

/** Whether row i of the pass is the first of a block. */
@inline export function startsBlock(meta: usize, i: u32): bool {
  return i == 0 || positionOf(meta, i) % BLOCK == 0 || keyStartOf(meta, i) != keyStartOf(meta, i - 1);
}

/** Rows of the block that starts at row i of a pass of `count` rows. */
export function blockLength(meta: usize, i: u32, count: u32): u32 {
  let n: u32 = 1;
  while (i + n < count && !startsBlock(meta, i + n)) n++;
  return n;
}

/**
 * Panels [n / 8][headDim][8] of n rows `stride` bytes apart: their columns side by side. Past the last row it stands
 * again.
 */
export function packAcross(rows: usize, stride: usize, n: u32, headDim: u32, to: usize): void {
  for (let r: u32 = 0; r < n; r += 4) {
    const x0 = rows + stride * r, x1 = rows + stride * min(r + 1, n - 1);
    const x2 = rows + stride * min(r + 2, n - 1), x3 = rows + stride * min(r + 3, n - 1);
    const half = to + 32 * headDim * (r / 8) + 4 * (r & 4);
    for (let d: u32 = 0; d < headDim; d += 4) {
      putTurned(v128.load(x0 + 4 * d), v128.load(x1 + 4 * d), v128.load(x2 + 4 * d), v128.load(x3 + 4 * d),
        half + 32 * d, 32, false);
    }
  }
}

/** Panels [headDim / 8][n][8] of n rows `stride` bytes apart. */
export function packAlong(rows: usize, stride: usize, n: u32, headDim: u32, to: usize): void {
  for (let d: u32 = 0; d < headDim; d += 8) {
    const wide = d + 4 < headDim;
    let x = rows + 4 * d;
    for (const end = to + 32 * n; to < end; to += 32, x += stride) {
      v128.store(to, v128.load(x));
      if (wide) v128.store(to, v128.load(x, 16), 16);
    }
  }
}

/** First block of keys that queries from `position` on meet, and of queries that meet keys from `position` on. */
@inline export function firstKeyBlock(position: u32, back: i32): u32 { return blockOf(<i32>position + 1 - back); }
@inline export function firstQueryBlock(position: u32, ahead: i32): u32 { return blockOf(<i32>position - ahead); }
@inline function blockOf(position: i32): u32 { return <u32>max(0, position) & ~(BLOCK - 1); }

/** One past the last key that the rows of row i's sequence before position `end` meet. */
@inline export function lastKey(meta: usize, i: u32, end: u32, ahead: i32): u32 {
  return ahead == 0 ? end : min(sequenceEndOf(meta, i) - keyStartOf(meta, i), end + <u32>ahead);
}

/**
 * What the mask leaves of a product to a tile of four rows. Query i of a block meets keys up to i + offset + ahead of
 * another: `ahead` is 0 where attention is causal. Columns are keys; or the sum runs over keys; or rows are keys and
 * the sum runs over queries. Keys too far back are computed where they share a block with others; their scores are 0
 * then.
 */
export const enum Causal { COLUMNS, OVER_KEYS, OVER_QUERIES }

/** `x` within 0 … n. */
@inline function within(x: i32, n: u32): u32 { return <u32>min(<i32>n, max(0, x)); }

/**
 * c[r, :] = (c[r, :] or 0) + Σ a[r, i] · b[i, :], i below `depth`; b as panels [columns / 8][depth][8]. a[r, i] lies at
 * a + r · aRow + i · aStep bytes, so that a may lie crosswise. Tiles of 4 rows × 8 columns in registers, as in
 * matmul.as.ts. What the mask leaves out is not computed, but for what shares a tile with the rest.
 */
export function multiply(
  a: usize, aRow: usize, aStep: usize, b: usize, c: usize, cRow: usize,
  rows: u32, columns: u32, depth: u32, add: bool, causal: Causal, offset: i32, ahead: i32,
): void {
  const last = rows - 1;
  for (let r: u32 = 0; r < rows; r += 4) {
    let wide = columns, first: u32 = 0, end = depth;
    if (causal == Causal.COLUMNS) wide = within(offset + <i32>r + 4 + ahead, columns);
    else if (causal == Causal.OVER_KEYS) end = within(offset + <i32>r + 4 + ahead, depth);
    else first = within(<i32>r - offset - ahead, depth);
    const r1 = min(r + 1, last), r2 = min(r + 2, last), r3 = min(r + 3, last);
    const from = a + aStep * first;
    const x0 = from + aRow * r, x1 = from + aRow * r1, x2 = from + aRow * r2, x3 = from + aRow * r3;
    for (let p: u32 = 0; p * 8 < wide; p++) {
      let t00 = f32x4.splat(0), t01 = t00, t10 = t00, t11 = t00, t20 = t00, t21 = t00, t30 = t00, t31 = t00;
      let y = b + 32 * (depth * p + first), i: usize = 0;
      for (const stop = y + 32 * (end - first); y < stop; y += 32, i += aStep) {
        const b0 = v128.load(y), b1 = v128.load(y, 16);
        let v = v128.load32_splat(x0 + i);
        t00 = f32x4.add(t00, f32x4.mul(v, b0)); t01 = f32x4.add(t01, f32x4.mul(v, b1));
        v = v128.load32_splat(x1 + i); t10 = f32x4.add(t10, f32x4.mul(v, b0)); t11 = f32x4.add(t11, f32x4.mul(v, b1));
        v = v128.load32_splat(x2 + i); t20 = f32x4.add(t20, f32x4.mul(v, b0)); t21 = f32x4.add(t21, f32x4.mul(v, b1));
        v = v128.load32_splat(x3 + i); t30 = f32x4.add(t30, f32x4.mul(v, b0)); t31 = f32x4.add(t31, f32x4.mul(v, b1));
      }
      const both = p * 8 + 4 < wide;
      const to = c + 32 * p;
      put(to + cRow * r, add, both, t00, t01);
      if (r + 1 < rows) put(to + cRow * r1, add, both, t10, t11);
      if (r + 2 < rows) put(to + cRow * r2, add, both, t20, t21);
      if (r + 3 < rows) put(to + cRow * r3, add, both, t30, t31);
    }
  }
}

@inline function put(at: usize, add: bool, both: bool, u: v128, v: v128): void {
  v128.store(at, add ? f32x4.add(v128.load(at), u) : u);
  if (both) v128.store(at, add ? f32x4.add(v128.load(at, 16), v) : v, 16);
}

/** Of `keys` keys query r of a block meets those from `metFrom` up to `metBy`. */
@inline export function metFrom(r: u32, keys: u32, offset: i32, back: i32): u32 {
  return within(offset + <i32>r + 1 - back, keys);
}
@inline export function metBy(r: u32, keys: u32, offset: i32, ahead: i32): u32 {
  return within(offset + <i32>r + 1 + ahead, keys);
}

/**
 * Keys up to which query r's scores are read: its tile's, in sixteens as `expOf` takes them. Those not met must be 0.
 */
@inline export function readFor(r: u32, keys: u32, offset: i32, ahead: i32): u32 {
  return (within(offset + <i32>(r & ~3) + 4 + ahead, keys) + 15) & ~15;
}

/**
 * Of a row's scores those before `from`, and those from `to` up to `read`, become x. By whole vectors: one that is read
 * soon after single numbers of it were written waits until all of them have left the core.
 */
@inline export function fillOutside(row: usize, from: u32, to: u32, read: u32, x: v128): void {
  const lanes = i32x4(0, 1, 2, 3);
  let at = row;
  for (const whole = row + 4 * (from & ~3); at < whole; at += 16) v128.store(at, x);
  if (from & 3) v128.store(at, v128.bitselect(x, v128.load(at), i32x4.lt_s(lanes, i32x4.splat(from & 3))));
  at = row + 4 * (to & ~3);
  const end = row + 4 * read;
  if (to & 3 && at < end) {
    v128.store(at, v128.bitselect(v128.load(at), x, i32x4.lt_s(lanes, i32x4.splat(to & 3))));
    at += 16;
  }
  for (; at < end; at += 16) v128.store(at, x);
}
