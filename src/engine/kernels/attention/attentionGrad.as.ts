// Gradients of grouped-query attention; see attentionGrad.wgsl. With p = exp(s − lse), s = scale · q·k, held within
// ±cap if that is not 0, and dS = scale · p · (gradOut·v − D) · ds: gradQ = Σ dS · k, gradK = Σ dS · q, gradV = Σ p ·
// gradOut.
//
// `attentionGrad` makes p and dS once for all three; its items are sequences and key heads. Where those are too few for
// the threads, `attentionGradQ` and `attentionGradKV` make them anew for either side, in items of a block. Both ways
// run the same products in the same order, so they agree bit for bit.
import { constants } from '../constants.as';
import { expOf } from '../math.as';
import { rowAt } from '../rows/rows.as';
import { capNumbers, slopeAt } from '../softcap/softcap.as';
import {
  BLOCK, Causal, SCORES_ROW, fillOutside, firstKeyBlock, firstQueryBlock, gradScores, keyStartOf, lastKey, metBy,
  metFrom, multiply, packAcross,
  packAlong, panels, positionOf, readFor, scores, sequenceEndOf, startsBlock,
} from './blocks.as';

/** Panels: keys and values across, keys along; gradOut and queries along. */
const KEYS_ACROSS: u32 = 0;
const VALUES_ACROSS: u32 = 1;
const KEYS_ALONG: u32 = 2;
const GRAD_OUT_ALONG: u32 = 3;
const QUERIES_ALONG: u32 = 4;

/** stats[row, head] = {lse, D} with D = Σ gradOut · out. Items are rows. */
export function attentionDelta(
  out: usize, gradOut: usize, lse: usize, stats: usize, heads: u32, headDim: u32, rows: u32, stride: u32, from: u32,
  to: u32,
): void {
  for (let i = from; i < to; i++) {
    const first = rowAt(i, 0, rows, stride) * heads;
    for (let at = first; at < first + heads; at++) {
      const start: usize = 4 * <usize>at * headDim;
      // In the order in which dP is summed: a token that attends to itself alone then gets a gradient of exactly zero.
      let sum: f32 = 0;
      for (let d = start; d < start + 4 * headDim; d += 4) sum += load<f32>(gradOut + d) * load<f32>(out + d);
      store<f32>(stats + 8 * <usize>at, load<f32>(lse + 4 * <usize>at));
      store<f32>(stats + 8 * <usize>at, sum, 4);
    }
  }
}

/** All three gradients. Item: sequence `item / kvHeads` of the pass and a key head. */
export function attentionGrad(
  meta: usize, q: usize, k: usize, v: usize, gradOut: usize, stats: usize, gradQ: usize, gradK: usize, gradV: usize,
  heads: u32, kvHeads: u32, headDim: u32, scale: f32, cap: f32, back: i32, ahead: i32, from: u32, to: u32,
): void {
  for (let item = from; item < to; item++) {
    const i = startOfSequence(meta, item / kvHeads);
    const start = keyStartOf(meta, i), length = sequenceEndOf(meta, i) - start;
    for (let j: u32 = 0; j < length; j += BLOCK) {
      ofKeyBlock(q, k, v, gradOut, stats, gradQ, gradK, gradV, heads, kvHeads, headDim, scale, cap, back, ahead,
        item % kvHeads, start, length, j);
    }
  }
}

/** Row of the pass where sequence `index` starts. */
function startOfSequence(meta: usize, index: u32): u32 {
  let i: u32 = 0;
  for (let s: u32 = 0; s < index; s++) i += sequenceEndOf(meta, i) - keyStartOf(meta, i);
  return i;
}

/** gradK and gradV alone. Item: a key head and the blocks that start in BLOCK rows of a pass of `count` rows. */
export function attentionGradKV(
  meta: usize, q: usize, k: usize, v: usize, gradOut: usize, stats: usize, gradK: usize, gradV: usize,
  heads: u32, kvHeads: u32, headDim: u32, scale: f32, cap: f32, back: i32, ahead: i32, count: u32, from: u32, to: u32,
): void {
  for (let item = from; item < to; item++) {
    const first = BLOCK * (item / kvHeads), end = min(count, first + BLOCK);
    for (let i = first; i < end; i++) {
      if (!startsBlock(meta, i)) continue;
      const start = keyStartOf(meta, i), length = sequenceEndOf(meta, i) - start;
      ofKeyBlock(q, k, v, gradOut, stats, 0, gradK, gradV, heads, kvHeads, headDim, scale, cap, back, ahead,
        item % kvHeads, start, length, positionOf(meta, i));
    }
  }
}

/** gradQ alone. Item: a head and the blocks that start in BLOCK rows of a pass of `count` rows. */
export function attentionGradQ(
  meta: usize, q: usize, k: usize, v: usize, gradOut: usize, stats: usize, gradQ: usize,
  heads: u32, kvHeads: u32, headDim: u32, scale: f32, cap: f32, back: i32, ahead: i32, count: u32, from: u32, to: u32,
): void {
  const wide: usize = 4 * heads * headDim, narrow: usize = 4 * kvHeads * headDim;
  const windows = (count + BLOCK - 1) / BLOCK;
  for (let item = from; item < to; item++) {
    const head = item % heads;
    // Long ones first: later rows meet more keys.
    const first = BLOCK * (windows - 1 - item / heads), end = min(count, first + BLOCK);
    for (let i = first; i < end; i++) {
      if (!startsBlock(meta, i)) continue;
      const start = keyStartOf(meta, i), position = positionOf(meta, i);
      const n = min(BLOCK, sequenceEndOf(meta, i) - start - position);
      const query = wide * (start + position) + 4 * head * headDim;
      const stat = stats + 8 * (<usize>(start + position) * heads + head);
      const begin = firstKeyBlock(position, back), last = lastKey(meta, i, position + n, ahead);
      for (let j = begin; j < last; j += BLOCK) {
        const key = narrow * (start + j) + 4 * (head * kvHeads / heads) * headDim;
        const keys = min(BLOCK, last - j), offset = <i32>position - <i32>j;
        packAcross(k + key, narrow, keys, headDim, panels(KEYS_ACROSS));
        packAcross(v + key, narrow, keys, headDim, panels(VALUES_ACROSS));
        packAlong(k + key, narrow, keys, headDim, panels(KEYS_ALONG));
        weigh(q + query, gradOut + query, wide, stat, 8 * heads, n, keys, offset, headDim, scale, cap, back, ahead);
        addToQueries(gradQ + query, wide, n, keys, offset, ahead, headDim, j > begin);
      }
    }
  }
}

/**
 * A key head's keys j … of a sequence from row `start` on, with all queries of its heads that meet them. `gradQ` may be
 * 0.
 */
function ofKeyBlock(
  q: usize, k: usize, v: usize, gradOut: usize, stats: usize, gradQ: usize, gradK: usize, gradV: usize,
  heads: u32, kvHeads: u32, headDim: u32, scale: f32, cap: f32, back: i32, ahead: i32, kvHead: u32, start: u32,
  length: u32, j: u32,
): void {
  const wide: usize = 4 * heads * headDim, narrow: usize = 4 * kvHeads * headDim;
  const key = narrow * (start + j) + 4 * kvHead * headDim;
  const keys = min(BLOCK, length - j);
  const group = heads / kvHeads;
  const begin = firstQueryBlock(j, ahead), end = min(length, j + keys - 1 + <u32>back);
  packAcross(k + key, narrow, keys, headDim, panels(KEYS_ACROSS));
  packAcross(v + key, narrow, keys, headDim, panels(VALUES_ACROSS));
  if (gradQ) packAlong(k + key, narrow, keys, headDim, panels(KEYS_ALONG));
  for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
    for (let i = begin; i < end; i += BLOCK) {
      const n = min(BLOCK, length - i), offset = <i32>i - <i32>j;
      const query = wide * (start + i) + 4 * head * headDim;
      weigh(q + query, gradOut + query, wide, stats + 8 * (<usize>(start + i) * heads + head), 8 * heads, n, keys,
        offset, headDim, scale, cap, back, ahead);
      if (gradQ) addToQueries(gradQ + query, wide, n, keys, offset, ahead, headDim, j > firstKeyBlock(i, back));
      packAlong(gradOut + query, wide, n, headDim, panels(GRAD_OUT_ALONG));
      packAlong(q + query, wide, n, headDim, panels(QUERIES_ALONG));
      const add = head > kvHead * group || i > begin;
      multiply(scores(), 4, SCORES_ROW, panels(GRAD_OUT_ALONG), gradV + key, narrow, keys, headDim, n, add,
        Causal.OVER_QUERIES, offset, ahead);
      multiply(gradScores(), 4, SCORES_ROW, panels(QUERIES_ALONG), gradK + key, narrow, keys, headDim, n, add,
        Causal.OVER_QUERIES, offset, ahead);
    }
  }
}

@inline function addToQueries(
  gradQ: usize, wide: usize, n: u32, keys: u32, offset: i32, ahead: i32, headDim: u32, add: bool,
): void {
  multiply(gradScores(), SCORES_ROW, 4, panels(KEYS_ALONG), gradQ, wide, n, headDim, keys, add, Causal.OVER_KEYS,
    offset, ahead);
}

/** scores = p and gradScores = dS of n queries and the packed keys and values. */
function weigh(
  q: usize, gradOut: usize, wide: usize, stats: usize, statsRow: usize, n: u32, keys: u32, offset: i32, headDim: u32,
  scale: f32, cap: f32, back: i32, ahead: i32,
): void {
  multiply(q, wide, 4, panels(KEYS_ACROSS), scores(), SCORES_ROW, n, keys, headDim, false, Causal.COLUMNS, offset,
    ahead);
  multiply(gradOut, wide, 4, panels(VALUES_ACROSS), gradScores(), SCORES_ROW, n, keys, headDim, false, Causal.COLUMNS,
    offset, ahead);
  const scales = f32x4.splat(scale);
  for (let r: u32 = 0; r < n; r++) {
    const row = scores() + SCORES_ROW * r, gradRow = gradScores() + SCORES_ROW * r;
    const from = metFrom(r, keys, offset, back), to = metBy(r, keys, offset, ahead),
      read = readFor(r, keys, offset, ahead);
    const delta = v128.load32_splat(stats + statsRow * r, 4);
    if (cap > 0) {
      capNumbers(row, read, scale, cap);
      bend(row, gradRow, read, delta, 1 / cap);
    }
    fillOutside(row, min(from, read), to, read, f32x4.splat(-Infinity));
    fillOutside(gradRow, min(from, read), to, read, f32x4.splat(0));
    expOf(row, row, read, cap > 0 ? 1 : scale, load<f32>(stats + statsRow * r));
    const less = cap > 0 ? f32x4.splat(0) : delta;
    for (let at: usize = 0; at < 4 * read; at += 16) {
      v128.store(gradRow + at,
        f32x4.mul(f32x4.mul(v128.load(row + at), scales), f32x4.sub(v128.load(gradRow + at), less)));
    }
  }
}

/** gradRow ← (gradRow − delta) · slope of the held scores. */
function bend(row: usize, gradRow: usize, read: u32, delta: v128, inverse: f32): void {
  const c = constants(), by = f32x4.splat(inverse);
  for (let at: usize = 0; at < 4 * read; at += 16) {
    const g = f32x4.sub(v128.load(gradRow + at), delta);
    v128.store(gradRow + at, f32x4.mul(g, slopeAt(v128.load(row + at), by, c)));
  }
}
