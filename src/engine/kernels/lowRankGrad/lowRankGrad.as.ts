// gradB += s · Σ g zᵀ and gradA += s · Σ u xᵀ over the rows of a pass; see lowRankChunks.wgsl.
//
// Items are panels of 8 columns of the wide tensor: those of g, which make rows of gradB, then those of x, which make
// columns of gradA. Rows pass in blocks; of a block, the narrow tensor is packed once [rank / 4][row][4] and each panel
// once [row][8], so that the sums read one line after another, whichever rows the list names. A row that is not in the
// list is never looked at.
import { rowAt } from '../rows/rows.as';
import { scratchAddress } from '../scratch.as';
import { TILE_BYTES, outerSum, putQuad, putQuadTurned } from './outer.as';

/** Rows of a block: a packed panel stays in the nearest cache. */
const ROWS: u32 = 256;
/** Bytes from one packed quad of the narrow tensor to the next: not a power of two, or all would share a few cache lines. */
const QUAD_BYTES: usize = ROWS * 16 + 64;

export function lowRankGrad(
  gradOut: usize, z: usize, x: usize, u: usize, gradB: usize, gradA: usize, dOut: u32, dIn: u32, rank: u32, scaling: f32,
  list: usize, rowsOfSegment: u32, stride: u32, rows: u32, from: u32, to: u32,
): void {
  const panelsB = (dOut + 7) / 8;
  const tile = scratchAddress();
  const table = tile + TILE_BYTES;
  const panel = table + 4 * ROWS;
  const narrow = panel + 32 * ROWS;
  const scale = f32x4.splat(scaling);
  for (let first: u32 = 0; first < rows; first += ROWS) {
    const count = min(ROWS, rows - first);
    let names = list + 4 + 4 * <usize>first;
    if (!list) {
      names = table;
      for (let i: u32 = 0; i < count; i++) store<u32>(table + 4 * i, rowAt(first + i, 0, rowsOfSegment, stride));
    }
    for (let p = from; p < to; p++) {
      const isA = p >= panelsB;
      if (p == from || p == panelsB) packNarrow(isA ? u : z, rank, names, count, narrow);
      const width = isA ? dIn : dOut;
      const column = (isA ? p - panelsB : p) * 8;
      const wide = column + 4 < width;
      packPanel((isA ? x : gradOut) + 4 * column, width, wide, names, count, panel);
      let quad = narrow;
      for (let r: u32 = 0; r < rank; r += 4, quad += QUAD_BYTES) {
        outerSum(quad, 16, panel, 32, 16, count, tile);
        if (isA) {
          const at = gradA + 4 * (<usize>r * dIn + column);
          putQuad(tile, at, 4 * dIn, scale, true);
          if (wide) putQuad(tile + 16, at + 16, 4 * dIn, scale, true);
        } else {
          const at = gradB + 4 * (<usize>column * rank + r);
          putQuadTurned(tile, at, 4 * rank, scale, true);
          if (wide) putQuadTurned(tile + 16, at + 16 * rank, 4 * rank, scale, true);
        }
      }
    }
  }
}

function packNarrow(from: usize, rank: u32, names: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++, to += 16) {
    const at = from + 4 * <usize>load<u32>(names + 4 * i) * rank;
    let quad = to;
    for (let r: u32 = 0; r < rank; r += 4, quad += QUAD_BYTES) v128.store(quad, v128.load(at + 4 * r));
  }
}

/** Eight columns, or four and zeros at an edge. */
function packPanel(from: usize, width: u32, wide: bool, names: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++, to += 32) {
    const at = from + 4 * <usize>load<u32>(names + 4 * i) * width;
    v128.store(to, v128.load(at));
    v128.store(to, wide ? v128.load(at, 16) : f32x4.splat(0), 16);
  }
}
