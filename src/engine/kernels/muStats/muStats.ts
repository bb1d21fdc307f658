import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import dims from '../../gpu/dims.wgsl?raw';
import type { Dispatch, RowCount } from '../../gpu/program';
import { MU_PARTS } from '../gate/slots';
import slots from '../gate/slots.wgsl?raw';
import wgsl from './mu.wgsl?raw';

/** Rows of a workgroup, as long as there are parts for all. */
const ROWS = 256;

/** μ_i = s·u_i·z_i. */
export interface MuTerms {
  /** Bᵀ g, [rows, rank], before any clipping. */
  u: Tensor;
  /** A x, [rows, rank]. */
  z: Tensor;
  rank: number;
  /** alpha / rank. */
  scaling: number;
}

export interface MuStatsParams {
  rows: RowCount;
  terms: MuTerms;
  /** S per row, u32. */
  open: Tensor;
  /** This module's StatSlot; sums of μ are added. */
  stat: Tensor;
  /** Out: μ per row. */
  mu: Tensor;
}

/** μ_i, and its sums over kept and skipped rows and over rows where gate and loss disagree. */
export function muStats(gpu: Gpu, p: MuStatsParams): Dispatch {
  return {
    kernel: {
      label: 'mu',
      code: compose(wgsl, { snippets: [dims, slots] }),
      constants: { WIDTH: gpu.info.software ? 4 : 256, RANK4: p.terms.rank / 4, SCALING: p.terms.scaling },
    },
    bindings: [p.rows.dims, p.terms.u, p.terms.z, p.open, p.mu, p.stat],
    groups: (counts) => [Math.min(Math.ceil(p.rows.of(counts) / ROWS), MU_PARTS), 1, 1],
  };
}
