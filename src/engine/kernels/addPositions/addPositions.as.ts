// Adds each row's place in a table of positions, over rows [from, to) of a pass; see addPositions.wgsl.
import { copyRow } from '../embed/embed.as';
import { rowAt } from '../rows/rows.as';
import { scratchAddress } from '../scratch.as';

export function addPositions(
  meta: usize, table: usize, form: u32, positions: u32, offset: u32, out: usize, width: u32, rows: u32, stride: u32,
  from: u32, to: u32,
): void {
  const row = scratchAddress();
  for (let i = from; i < to; i++) {
    const place = load<u32>(meta + 16 * <usize>i, 4) + offset;
    const target = out + 4 * <usize>rowAt(i, 0, rows, stride) * width;
    if (place < positions) copyRow(table, form, place * width, width, row);
    else for (let d: u32 = 0; d < width; d += 4) v128.store(row + 4 * d, f32x4.splat(NaN));
    for (let d: u32 = 0; d < width; d += 4) {
      v128.store(target + 4 * d, f32x4.add(v128.load(target + 4 * d), v128.load(row + 4 * d)));
    }
  }
}
