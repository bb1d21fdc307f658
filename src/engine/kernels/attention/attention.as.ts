// Grouped-query attention with an online softmax (Dao et al. 2022); see attention.wgsl. An item is a head and BLOCK
// rows of the pass: it does the blocks that start there. `cap` is 0 where scores are not held; a row meets the keys
// from `back` − 1 positions before it to `ahead` after it.
import { exp1, expOf, log1, maxOf } from '../math.as';
import { rowAt } from '../rows/rows.as';
import { capNumbers } from '../softcap/softcap.as';
import {
  BLOCK, Causal, SCORES_ROW, blockLength, fillOutside, firstKeyBlock, keyStartOf, lastKey, metBy, metFrom, multiply,
  packAcross, packAlong, pairs,
  panels, positionOf, readFor, scores, startsBlock,
} from './blocks.as';

/** Rows of a block up to which keys are read as they lie: packing them would cost more than it saves. */
const FEW: u32 = 4;
/** Keys that such a row meets at a time; the scores take the place of two blocks'. */
const FEW_KEYS: u32 = 8192;

export function attention(
  meta: usize, q: usize, k: usize, v: usize, out: usize, lse: usize, heads: u32, kvHeads: u32, headDim: u32, scale: f32,
  cap: f32, back: i32, ahead: i32, rows: u32, stride: u32, count: u32, from: u32, to: u32,
): void {
  const wide: usize = 4 * heads * headDim, narrow: usize = 4 * kvHeads * headDim;
  const windows = (count + BLOCK - 1) / BLOCK;
  for (let item = from; item < to; item++) {
    const head = item % heads;
    // Long ones first: later rows meet more keys.
    const first = BLOCK * (windows - 1 - item / heads);
    const end = min(count, first + BLOCK);
    for (let i = first; i < end; i++) {
      if (!startsBlock(meta, i)) continue;
      const n = blockLength(meta, i, count), position = positionOf(meta, i), row = rowAt(i, 0, rows, stride);
      const query = wide * row + 4 * head * headDim;
      const key = narrow * keyStartOf(meta, i) + 4 * (head * kvHeads / heads) * headDim;
      const sums = lse + 4 * (<usize>row * heads + head);
      if (n <= FEW) {
        for (let r: u32 = 0; r < n; r++) {
          const to = lastKey(meta, i, position + r + 1, ahead);
          const from = metFrom(0, to, position + r, back);
          const at = key + narrow * from;
          attendRow(q + query + wide * r, k + at, v + at, narrow, out + query + wide * r, sums + 4 * heads * r,
            to - from, headDim, scale, cap);
        }
      } else {
        const last = lastKey(meta, i, position + n, ahead);
        attendBlock(q + query, wide, k + key, v + key, narrow, out + query, sums, 4 * heads, n, position, last,
          headDim, scale, cap, back, ahead);
      }
    }
  }
}

/** A block of n rows from `position` of their sequence on, over its keys up to `last`. */
function attendBlock(
  q: usize, wide: usize, k: usize, v: usize, narrow: usize, out: usize, lse: usize, lseRow: usize,
  n: u32, position: u32, last: u32, headDim: u32, scale: f32, cap: f32, back: i32, ahead: i32,
): void {
  const state = pairs();
  startRows(state, n);
  const first = firstKeyBlock(position, back);
  for (let j = first; j < last; j += BLOCK) {
    const keys = min(BLOCK, last - j), offset = <i32>position - <i32>j;
    packAcross(k + narrow * j, narrow, keys, headDim, panels(0));
    packAlong(v + narrow * j, narrow, keys, headDim, panels(1));
    multiply(q, wide, 4, panels(0), scores(), SCORES_ROW, n, keys, headDim, false, Causal.COLUMNS, offset, ahead);
    for (let r: u32 = 0; r < n; r++) {
      const row = scores() + SCORES_ROW * r, from = metFrom(r, keys, offset, back), to = metBy(r, keys, offset, ahead);
      soften(row, from, to, readFor(r, keys, offset, ahead), scale, cap, state + 8 * r, out + wide * r, headDim);
    }
    multiply(scores(), SCORES_ROW, 4, panels(1), out, wide, n, headDim, keys, j > first, Causal.OVER_KEYS, offset,
      ahead);
  }
  for (let r: u32 = 0; r < n; r++) finishRow(state + 8 * r, out + wide * r, lse + lseRow * r, headDim);
}

/** One row over its `keys` keys. */
function attendRow(
  q: usize, k: usize, v: usize, narrow: usize, out: usize, lse: usize, keys: u32, headDim: u32, scale: f32, cap: f32,
): void {
  const state = pairs();
  startRows(state, 1);
  for (let j: u32 = 0; j < keys; j += FEW_KEYS) {
    const n = min(FEW_KEYS, keys - j);
    scoreKeys(q, k + narrow * j, narrow, n, headDim);
    soften(scores(), 0, n, (n + 15) & ~15, scale, cap, state, out, headDim);
    addValues(v + narrow * j, narrow, n, out, headDim, j > 0);
  }
  finishRow(state, out, lse, headDim);
}

/** scores[j] = q · k[j], four keys at a time; past the last one it stands again. */
function scoreKeys(q: usize, k: usize, narrow: usize, n: u32, headDim: u32): void {
  for (let j: u32 = 0; j < n; j += 4) {
    const k0 = k + narrow * j, k1 = k + narrow * min(j + 1, n - 1), k2 = k + narrow * min(j + 2, n - 1),
      k3 = k + narrow * min(j + 3, n - 1);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let d: u32 = 0; d < 4 * headDim; d += 16) {
      const x = v128.load(q + d);
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(k0 + d)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(k1 + d)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(k2 + d)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(k3 + d)));
    }
    // Four sums over lanes at once: a transposition, added up.
    const a = f32x4.add(v128.shuffle<i32>(s0, s1, 0, 4, 1, 5), v128.shuffle<i32>(s0, s1, 2, 6, 3, 7));
    const b = f32x4.add(v128.shuffle<i32>(s2, s3, 0, 4, 1, 5), v128.shuffle<i32>(s2, s3, 2, 6, 3, 7));
    const sums = f32x4.add(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
    v128.store(scores() + 4 * j, sums);
  }
}

/** out = (out or 0) + Σ scores[j] · v[j], four keys at a time; scores past the last key are 0. */
function addValues(v: usize, narrow: usize, n: u32, out: usize, headDim: u32, add: bool): void {
  for (let j: u32 = 0; j < n; j += 4) {
    const v0 = v + narrow * j, v1 = v + narrow * min(j + 1, n - 1), v2 = v + narrow * min(j + 2, n - 1),
      v3 = v + narrow * min(j + 3, n - 1);
    const at = scores() + 4 * j;
    const p0 = v128.load32_splat(at), p1 = v128.load32_splat(at, 4), p2 = v128.load32_splat(at, 8),
      p3 = v128.load32_splat(at, 12);
    const keep = add || j > 0;
    for (let d: u32 = 0; d < 4 * headDim; d += 16) {
      const u = f32x4.add(f32x4.mul(p0, v128.load(v0 + d)), f32x4.mul(p1, v128.load(v1 + d)));
      const w = f32x4.add(f32x4.mul(p2, v128.load(v2 + d)), f32x4.mul(p3, v128.load(v3 + d)));
      const sum = f32x4.add(u, w);
      v128.store(out + d, keep ? f32x4.add(v128.load(out + d), sum) : sum);
    }
  }
}

/** A row's state is {largest scaled score so far, Σ exp(score − largest)}. */
function startRows(state: usize, n: u32): void {
  for (let r: u32 = 0; r < n; r++) {
    store<f32>(state + 8 * r, -Infinity);
    store<f32>(state + 8 * r, 0, 4);
  }
}

/**
 * Scores [from, to) of a row become exp(score − largest) of the scaled and held scores, those beside them up to `read`
 * 0; old sums shrink to a new largest.
 */
function soften(
  row: usize, from: u32, to: u32, read: u32, scale: f32, cap: f32, state: usize, out: usize, headDim: u32,
): void {
  if (from >= to) {
    memory.fill(row, 0, 4 * read);
    return;
  }
  let by = scale;
  if (cap > 0) {
    capNumbers(row, read, scale, cap);
    by = 1;
  }
  fillOutside(row, from, to, read, f32x4.splat(-Infinity));
  let high = f32x4.splat(-Infinity);
  for (let at = row; at < row + 4 * read; at += 16) high = f32x4.pmax(high, v128.load(at));
  const old = load<f32>(state);
  const top = max(old, by * maxOf(high));
  const sum = expOf(row, row, read, by, top);
  const weight = load<f32>(state, 4);
  // Nothing was summed before the first keys.
  if (weight == 0 || top == old) {
    store<f32>(state, weight + sum, 4);
  } else {
    const shrink = exp1(old - top);
    store<f32>(state, weight * shrink + sum, 4);
    multiplyRow(out, headDim, shrink);
  }
  store<f32>(state, top);
}

function finishRow(state: usize, out: usize, lse: usize, headDim: u32): void {
  const weight = load<f32>(state, 4);
  multiplyRow(out, headDim, 1 / weight);
  store<f32>(lse, load<f32>(state) + log1(weight));
}

@inline function multiplyRow(row: usize, headDim: u32, by: f32): void {
  const factor = f32x4.splat(by);
  for (let d: u32 = 0; d < 4 * headDim; d += 16) v128.store(row + d, f32x4.mul(v128.load(row + d), factor));
}
