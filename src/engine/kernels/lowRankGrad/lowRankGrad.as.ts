// gradB += s · Σ g zᵀ and gradA += s · Σ u xᵀ over the rows of a pass; see lowRankChunks.wgsl.
//
// Items are panels of 8 columns of the wide tensor: those of g, which make rows of gradB, then those of x, which make
// columns of gradA. Rows pass in blocks; of a block, the narrow tensor is packed once [rank / 4][row][4] and the wide
// one a few panels at a time [panel][row][8], so that the sums read one line after another, whichever rows the list
// names. A row that is not in the list is never looked at.
import { rowAt } from '../rows/rows.as';
import { scratchAddress } from '../scratch.as';
import { TILE_BYTES, outerSum, putQuad, putQuadTurned } from './outer.as';

/** Rows of a block: a packed panel stays in the nearest cache. */
const ROWS: u32 = 128;
/** Panels packed at once: a row gives them a run of memory, which comes faster than one cache line here and there. */
const PANELS: u32 = 64;
/** Bytes of a packed panel and of a packed quad: no powers of two, or all would share a few cache lines. */
const PANEL_BYTES: usize = ROWS * 32 + 64;
const QUAD_BYTES: usize = ROWS * 16 + 64;

export function lowRankGrad(
  gradOut: usize, z: usize, x: usize, u: usize, gradB: usize, gradA: usize,
  dOut: u32, dIn: u32, rank: u32, scaling: f32,
  list: usize, rowsOfSegment: u32, stride: u32, rows: u32, from: u32, to: u32,
): void {
  const panelsB = (dOut + 7) / 8;
  const tile = scratchAddress();
  const table = tile + TILE_BYTES;
  const packed = table + 4 * ROWS;
  const narrow = packed + PANEL_BYTES * PANELS;
  const scale = f32x4.splat(scaling);
  for (let first: u32 = 0; first < rows; first += ROWS) {
    const count = min(ROWS, rows - first);
    let names = list + 4 + 4 * <usize>first;
    if (!list) {
      names = table;
      for (let i: u32 = 0; i < count; i++) store<u32>(table + 4 * i, rowAt(first + i, 0, rowsOfSegment, stride));
    }
    for (let p = from; p < to;) {
      const isA = p >= panelsB;
      if (p == from || p == panelsB) packNarrow(isA ? u : z, rank, names, count, narrow);
      const width = isA ? dIn : dOut;
      let column = (isA ? p - panelsB : p) * 8;
      const end = min(p + PANELS, isA ? to : min(to, panelsB));
      packPanels((isA ? x : gradOut) + 4 * column, width, min(8 * (end - p), width - column), names, count, packed);
      for (let panel = packed; p < end; p++, panel += PANEL_BYTES, column += 8) {
        const wide = column + 4 < width;
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
}

function packNarrow(from: usize, rank: u32, names: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++, to += 16) {
    const at = from + 4 * <usize>load<u32>(names + 4 * i) * rank;
    let quad = to;
    for (let r: u32 = 0; r < rank; r += 4, quad += QUAD_BYTES) v128.store(quad, v128.load(at + 4 * r));
  }
}

/** `columns` columns, eight to a panel. Where the last one gets four, the other four mean nothing. */
function packPanels(from: usize, width: u32, columns: u32, names: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i++, to += 32) {
    const at = from + 4 * <usize>load<u32>(names + 4 * i) * width;
    let panel = to;
    let c: u32 = 0;
    for (; c + 8 <= columns; c += 8, panel += PANEL_BYTES) {
      v128.store(panel, v128.load(at + 4 * c));
      v128.store(panel, v128.load(at + 4 * c, 16), 16);
    }
    if (c < columns) v128.store(panel, v128.load(at + 4 * c));
  }
}
