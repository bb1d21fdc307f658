// What a low-rank module does to its rows, from end to end: A x, the gate and B z; Bᵀ g, μ and Aᵀ u. The same functions
// that do these one by one, so the same bits, but called once: what is called between two frozen products finds nothing
// in a cache, and threads wait for each other after each call.
//
// An item is 32 rows, as in matmul.as.ts. What all rows are needed for (the gate's list, the sums of μ) is done here
// where one range has them all, else by the host afterwards.
import { gateRatios } from '../gate/gate.as';
import { gateList } from '../gate/gateList.as';
import { dense } from '../matmul/dense.as';
import { lowRankAdd } from '../matmul/lowRank.as';
import { matmul } from '../matmul/matmul.as';
import { mu, muSums } from '../muStats/mu.as';
import { scratchAddress } from '../scratch.as';

const ROWS: u32 = 32;
/** Items at a time, and where their open rows are listed: behind what the other functions need of a thread's memory. */
const ITEMS: u32 = 32;
const LIST_AT: usize = 1 << 19;

/**
 * z = A x; with `gram` r and which rows are open; y += scale · B z of those. `tau`, `counts`, `histogram`: see
 * gateList. `packed` and `kBlock`: A x as `dense` does it, and the longest part of a sum.
 */
export function lowRankForward(
  packed: bool, kBlock: u32, x: usize, dIn: u32, a: usize, z: usize, rank: u32, b: usize, y: usize, dOut: u32,
  scale: f32,
  gram: usize, rowNormSquared: usize, parts: u32, ratio: usize, tau: usize,
  open: usize, list: usize, counts: usize, histogram: usize, bins: i32, rows: u32, from: u32, to: u32,
): void {
  for (let item = from; item < to; item += ITEMS) {
    const next = min(to, item + ITEMS);
    down(packed, kBlock, x, dIn, a, true, z, rank, rows, item, next);
    let names: usize = 0;
    if (gram) {
      const first = item * ROWS, end = min(rows, next * ROWS);
      gateRatios(z, gram, rowNormSquared, ratio, rank, parts, scale, rows, first / 4, (end + 3) / 4);
      names = listRows(ratio, true, load<f32>(tau), first, end);
    }
    up(z, b, true, y, dOut, rank, scale, names, rows, item, next);
  }
  if (gram && from == 0 && to * ROWS >= rows) gateList(ratio, tau, open, list, counts, histogram, bins, rows);
}

/** u = Bᵀ g; with `open` μ of every row; gradIn += scale · Aᵀ u of the open rows. Words of `stat`: see muSums. */
export function lowRankBackward(
  packed: bool, kBlock: u32, g: usize, dOut: u32, b: usize, u: usize, rank: u32, a: usize, gradIn: usize, dIn: u32,
  scale: f32,
  z: usize, muOut: usize, open: usize, stat: usize, sums: u32, helpful: u32, measured: u32, rows: u32, from: u32,
  to: u32,
): void {
  for (let item = from; item < to; item += ITEMS) {
    const next = min(to, item + ITEMS);
    down(packed, kBlock, g, dOut, b, false, u, rank, rows, item, next);
    let names: usize = 0;
    if (open) {
      const first = item * ROWS, end = min(rows, next * ROWS);
      mu(u, z, 0, muOut, rank, scale, rows, first / 4, (end + 3) / 4);
      names = listRows(open, false, 0, first, end);
    }
    if (gradIn) up(u, a, false, gradIn, dIn, rank, scale, names, rows, item, next);
  }
  if (open && from == 0 && to * ROWS >= rows) muSums(muOut, open, stat, sums, helpful, measured, rows);
}

/**
 * Lists (count, then rows) which of the rows first … end − 1 are open: ratio ≥ `least`, or marked so. Gives its place.
 */
@inline function listRows(gate: usize, ratios: bool, least: f32, first: u32, end: u32): usize {
  const names = scratchAddress() + LIST_AT;
  let at = names + 4;
  for (let row = first; row < end; row++) {
    store<u32>(at, row);
    at += 4 * <usize>(ratios ? load<f32>(gate + 4 * row) >= least : load<u32>(gate + 4 * row) != 0);
  }
  store<u32>(names, <u32>(at - names) / 4 - 1);
  return names;
}

/** to [rows, rank] = x [rows, k] · W of the items' rows. */
@inline function down(
  packed: bool, kBlock: u32, x: usize, k: u32, w: usize, transposed: bool, to: usize, rank: u32, rows: u32, from: u32,
  end: u32,
): void {
  if (packed) {
    dense(x, k, w, false, transposed, to, rank, rank, k, kBlock, 1, false, 0, 0, 0, 0, rows, rows, rows, true, from,
      end);
  } else {
    matmul(x, k, w, false, transposed, to, rank, rank, k, kBlock, 1, false, 0, 0, 0, 0, rows, rows, rows, true, from,
      end);
  }
}

/** to [rows, n] += scale · x [rows, rank] · W of the items' rows, or of those that `names` lists. */
@inline function up(
  x: usize, w: usize, transposed: bool, to: usize, n: u32, rank: u32, scale: f32, names: usize, rows: u32, from: u32,
  end: u32,
): void {
  if (names) {
    const count = load<u32>(names);
    if (count) lowRankAdd(x, rank, w, transposed, to, n, n, rank, scale, names, count, 0, count, 0,
      (count + ROWS - 1) / ROWS);
  } else {
    lowRankAdd(x, rank, w, transposed, to, n, n, rank, scale, 0, rows, rows, rows, from, end);
  }
}
