import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import dims from '../../gpu/dims.wgsl?raw';
import type { Dispatch, RowCount } from '../../gpu/program';
import slots from '../gate/slots.wgsl?raw';
import muWgsl from './mu.wgsl?raw';
import sumsWgsl from './muSums.wgsl?raw';

const THREADS = 64;

export interface MuStatsParams {
  rows: RowCount;
  /** Bᵀ g, [rows, rank], before any clipping. */
  u: Tensor;
  /** A x, [rows, rank]. */
  z: Tensor;
  /** S per row, u32. */
  open: Tensor;
  /** This module's StatSlot; sums of μ are added. */
  stat: Tensor;
  /** Out: μ per row. */
  mu: Tensor;
  rank: number;
  /** alpha / rank. */
  scaling: number;
}

/** μ_i = s·u_i·z_i, and its sums over kept and skipped rows and over rows where gate and loss disagree. */
export function muStats(gpu: Gpu, p: MuStatsParams): Dispatch[] {
  return [
    {
      kernel: { label: 'mu', code: compose(muWgsl, { snippets: [dims] }), constants: { THREADS, RANK4: p.rank / 4, SCALING: p.scaling } },
      bindings: [p.rows.dims, p.u, p.z, p.mu],
      groups: (counts) => [Math.ceil(p.rows.of(counts) / THREADS), 1, 1],
      macs: (counts) => p.rows.of(counts) * p.rank,
    },
    {
      kernel: { label: 'mu sums', code: compose(sumsWgsl, { snippets: [dims, slots] }), constants: { WIDTH: gpu.info.software ? 16 : 256 } },
      bindings: [p.rows.dims, p.mu, p.open, p.stat],
      groups: () => [1, 1, 1],
    },
  ];
}
