// Gram matrices BᵀB of all modules of a run; see gram.wgsl. An item is four rows of one module's matrix up to its
// diagonal, and their mirror image: no two items write the same number.
import { outerSum, putQuad, putQuadTurned } from '../lowRankGrad/outer.as';
import { scratchAddress } from '../scratch.as';

/** Rows of B whose sum is taken at once; the sums are then added, which rounds better than one long sum. */
const ROWS: u32 = 256;

/** `table` [modules] = where B begins in `params`, in 16 bytes, and its rows. `stride`: bytes between matrices. */
export function gram(table: usize, params: usize, out: usize, rank: u32, stride: u32, from: u32, to: u32): void {
  const quads = rank / 4;
  const bytes: usize = 4 * rank;
  const tile = scratchAddress();
  const one = f32x4.splat(1);
  for (let item = from; item < to; item++) {
    const m = item / quads;
    const i = (item - m * quads) * 4;
    const b = params + 16 * <usize>load<u32>(table + 8 * m);
    const dOut = load<u32>(table + 8 * m, 4);
    const g = out + <usize>stride * m;
    for (let j: u32 = 0; j <= i; j += 8) {
      const wide = j + 4 <= i;
      for (let n: u32 = 0; n == 0 || n < dOut; n += ROWS) {
        const at = b + bytes * n;
        outerSum(at + 4 * i, bytes, at + 4 * j, bytes, wide ? 16 : 0, min(ROWS, dOut - n), tile);
        putQuad(tile, g + bytes * i + 4 * j, bytes, one, n > 0);
        if (wide) putQuad(tile + 16, g + bytes * i + 4 * j + 16, bytes, one, n > 0);
        if (j < i) putQuadTurned(tile, g + bytes * j + 4 * i, bytes, one, n > 0);
        if (wide && j + 4 < i) putQuadTurned(tile + 16, g + bytes * (j + 4) + 4 * i, bytes, one, n > 0);
      }
    }
  }
}
