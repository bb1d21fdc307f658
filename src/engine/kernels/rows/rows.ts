/**
 * The rows a product runs over: all of a pass, or only the active ones of a gated module. Both shaders see the
 * same two functions, `rowCount` and `rowAt`, at binding 0.
 */
import type { Tensor } from '../../device/buffers';
import type { RowCount } from '../../device/program';
import { snippets } from '../launch';

/** Beside dense.wgsl, which has all rows. */
const activeRows = /* wgsl */ `// Which rows a product runs over: those whose gate is open. kept[0] is their number, kept[1 + i] the i-th row.
@group(0) @binding(0) var<storage, read> kept: array<u32>;
fn rowCount() -> u32 { return kept[0]; }
fn rowAt(i: u32) -> u32 { return kept[1u + i]; }
`;

/**
 * Of the rows of a pass those in `list`, as the gate writes it. The host knows only how many there may be and
 * dispatches for all of them; a workgroup past the list's end returns at once.
 */
export interface ActiveRows extends RowCount {
  list: Tensor;
}

export type Rows = RowCount | ActiveRows;

export const isActive = (rows: Rows): rows is ActiveRows => 'list' in rows;

/** WGSL that defines `rowCount` and `rowAt`. */
export const rowsSnippets = (rows: Rows): string[] => (isActive(rows) ? [activeRows] : [snippets.rows]);

/** The tensor for binding 0. */
export const rowsBinding = (rows: Rows): Tensor => (isActive(rows) ? rows.list : rows.dims);
