// Which row of the tensors is row i of a pass: the twin of dense.wgsl and of activeRows in rows.ts. `list` is 0 where
// all rows count.

/** Rows of a pass: `list` (count, then rows) or segments of `rows` rows, `stride` apart. */
@inline export function rowAt(i: u32, list: usize, rows: u32, stride: u32): u32 {
  if (list) return load<u32>(list + 4 + 4 * i);
  const segment = i / rows;
  return segment * stride + (i - segment * rows);
}

/**
 * Which rows rows block … block + count − 1 of a pass are, from `to` on; the last stands again where a tile of four is
 * not full.
 */
export function nameRows(to: usize, block: u32, count: u32, list: usize, rows: u32, stride: u32): void {
  for (let i: u32 = 0; i < ((count + 3) & ~3); i++) {
    store<u32>(to + 4 * i, rowAt(block + min(i, count - 1), list, rows, stride));
  }
}
