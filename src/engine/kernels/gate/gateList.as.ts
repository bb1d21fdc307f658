// S of every row, the list of open rows, and what a module counts of them; see gate.wgsl. All of it is one item.
import { gateRatios } from './gate.as';

/**
 * @param tau where the threshold lies; 0: `open` says already which rows to keep
 * @param list count, then the open rows
 * @param counts tokens, active, forwardRows, dxRows and gradRows of a StatSlot, added to; 0: nothing is recorded
 * @param histogram of r, `bins` long; bins as `ratioBinOfBits` in slots.ts has them
 */
export function gateList(
  ratio: usize, tau: usize, open: usize, list: usize, counts: usize, histogram: usize, bins: i32, rows: u32,
): void {
  let to = list + 4;
  if (tau) {
    const least = load<f32>(tau);
    for (let row: u32 = 0; row < rows; row++) to = note(row, load<f32>(ratio + 4 * row) >= least, open, to);
  } else {
    for (let row: u32 = 0; row < rows; row++) to = note(row, load<u32>(open + 4 * row) != 0, open, to);
  }
  const kept = <u32>(to - list) / 4 - 1;
  store<u32>(list, kept);
  if (!counts) return;
  for (const end = ratio + 4 * <usize>rows; ratio < end; ratio += 4) {
    const bin = <i32>(load<u32>(ratio) >> 21) - 456;
    add(histogram + 4 * max(0, min(bin, bins - 1)), 1);
  }
  add(counts, rows);
  for (let i: usize = 1; i < 5; i++) add(counts + 4 * i, kept);
}

/** S of a row, and the row at `to`, where it stays if it is kept. Without a branch: nobody can tell which rows are. */
@inline function note(row: u32, kept: bool, open: usize, to: usize): usize {
  store<u32>(open + 4 * row, kept);
  store<u32>(to, row);
  return to + 4 * <usize>kept;
}

@inline function add(at: usize, count: u32): void {
  store<u32>(at, load<u32>(at) + count);
}

/** The ratios and the list, for few rows. */
export function gate(
  z: usize, gram: usize, rowNormSquared: usize, ratio: usize, rank: u32, parts: u32, scaling: f32,
  tau: usize, open: usize, list: usize, counts: usize, histogram: usize, bins: i32, rows: u32,
): void {
  gateRatios(z, gram, rowNormSquared, ratio, rank, parts, scaling, rows, 0, (rows + 3) / 4);
  gateList(ratio, tau, open, list, counts, histogram, bins, rows);
}
