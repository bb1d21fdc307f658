/**
 * The rows a product runs over: all of a pass, or only the active ones of a gated module. Both shaders see the
 * same two functions, `rowCount` and `rowAt`, at binding 0.
 */
import type { Tensor } from '../../device/buffers';
import type { RowCount } from '../../device/program';
import { snippets } from '../launch';
import activeWgsl from './active.wgsl?raw';

/** Active rows: `list` as the gate writes it, and where its dispatch sizes for this product lie. */
export interface ActiveRows {
  list: Tensor;
  args: { indirect: Tensor; offset: number };
  /** Most rows that the list can have, where that is known. */
  max?: number;
}

export type Rows = RowCount | ActiveRows;

export const isActive = (rows: Rows): rows is ActiveRows => 'list' in rows;

/** WGSL that defines `rowCount` and `rowAt`. */
export const rowsSnippets = (rows: Rows): string[] => (isActive(rows) ? [activeWgsl] : [snippets.rows]);

/** The tensor for binding 0. */
export const rowsBinding = (rows: Rows): Tensor => (isActive(rows) ? rows.list : rows.dims);
