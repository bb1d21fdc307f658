/**
 * The rows a product runs over: all of a pass, or only the active ones of a gated module. Both shaders see the
 * same two functions, `rowCount` and `rowAt`, at binding 0.
 */
import type { Tensor } from '../../device/buffers';
import type { RowCount } from '../../device/program';
import { snippets } from '../launch';
import activeWgsl from './active.wgsl?raw';

/**
 * Of the rows of a pass those in `list`, as the gate writes it. The host knows only how many there may be and dispatches
 * for all of them; a workgroup past the list's end returns at once.
 */
export interface ActiveRows extends RowCount {
  list: Tensor;
}

export type Rows = RowCount | ActiveRows;

export const isActive = (rows: Rows): rows is ActiveRows => 'list' in rows;

/** WGSL that defines `rowCount` and `rowAt`. */
export const rowsSnippets = (rows: Rows): string[] => (isActive(rows) ? [activeWgsl] : [snippets.rows]);

/** The tensor for binding 0. */
export const rowsBinding = (rows: Rows): Tensor => (isActive(rows) ? rows.list : rows.dims);
