/** How much there is to do, as the host knows it. */
import type { Tensor } from './buffers';

/** How much there is to do in one pass through a program. */
export interface Counts {
  /** Tokens in the micro-batch: rows of one segment. */
  rows: number;
  /** Rows of one segment that have a target. */
  supervised: number;
  /** Runs that are stacked in the pass. */
  segments: number;
  /** (query, key) pairs of causal attention in one segment; only the accounts need them. */
  pairs?: number;
}

/**
 * A number of rows, known to the host when it dispatches and to the kernel through a uniform whose first u32
 * it is (see `Dims` in dims.wgsl).
 */
export interface RowCount {
  dims: Tensor;
  of(counts: Counts): number;
  /** Most rows there can be, where that is known: long products are split by it. */
  max?: number;
}

export type Groups = [x: number, y: number, z: number];
