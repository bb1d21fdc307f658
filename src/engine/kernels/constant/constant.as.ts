// The constant of skipped rows, over rows × outputs. Rows of a pass as in rows.as.ts.
import { rowAt } from '../rows/rows.as';

/** y += b where `open` says no; items are rows; see add.wgsl. */
export function addConstant(
  open: usize, constant: usize, y: usize, width: u32, rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row = rowAt(i, 0, rows, stride);
    if (load<u32>(open + 4 * <usize>row) != 0) continue;
    const own: usize = y + 4 * <usize>row * width;
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      v128.store(own + d, f32x4.add(v128.load(own + d), v128.load(constant + d)));
    }
  }
}

/**
 * sums += Σ weight g, where `weight` [rows] are numbers; or Σ g of rows where `closed`, as flags, says 0. Items are
 * four columns.
 */
export function columnSums(
  weight: usize, closed: bool, g: usize, sums: usize, width: u32,
  rowsOfSegment: u32, stride: u32, rows: u32, from: u32, to: u32,
): void {
  for (let column = from; column < to; column++) {
    let sum = f32x4.splat(0);
    for (let i: u32 = 0; i < rows; i++) {
      const row = rowAt(i, 0, rowsOfSegment, stride);
      const at: usize = g + 4 * (<usize>row * width + 4 * column);
      if (!closed) sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weight + 4 * <usize>row), v128.load(at)));
      else if (load<u32>(weight + 4 * <usize>row) == 0) sum = f32x4.add(sum, v128.load(at));
    }
    const own = sums + 16 * <usize>column;
    v128.store(own, f32x4.add(v128.load(own), sum));
  }
}
