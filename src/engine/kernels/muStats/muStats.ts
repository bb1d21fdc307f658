import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import dims from '../../device/dims.wgsl?raw';
import type { Dispatch, RowCount } from '../../device/program';
import { MU_PARTS } from '../gate/slots';
import slots from '../gate/slots.wgsl?raw';
import { sharing } from '../launch';
import wgsl from './mu.wgsl?raw';
import { muStatsCpu } from './muStats.cpu';

/** What comes to μ besides s·u·z. */
const extraNone = /* wgsl */ `// Δ is s B z and nothing else.
fn extraOf(row: u32) -> f32 { return 0.0; }
`;
const extraStored = /* wgsl */ `// ⟨g, Δ − s B z⟩ of every row.
@group(0) @binding(6) var<storage, read> extra: array<f32>;
fn extraOf(row: u32) -> f32 { return extra[row]; }
`;

/** Rows of a workgroup, as long as there are parts for all. */
const ROWS = 256;

/** μ_i = s·u_i·z_i (+ extra_i). */
export interface MuTerms {
  /** Bᵀ g, [rows, rank], before any clipping. */
  u: Tensor;
  /** A x, [rows, rank]. */
  z: Tensor;
  rank: number;
  /** alpha / rank. */
  scaling: number;
  /** What Δ has besides s B z contributes: f32 [rows]. */
  extra?: Tensor;
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
export function muStats(device: Device, p: MuStatsParams): Dispatch {
  return {
    kernel: {
      label: 'mu',
      code: compose(wgsl, { snippets: [dims, slots, p.terms.extra ? extraStored : extraNone] }),
      constants: { WIDTH: sharing(device, 256), RANK4: p.terms.rank / 4, SCALING: p.terms.scaling },
    },
    bindings: [p.rows.dims, p.terms.u, p.terms.z, p.open, p.mu, p.stat, ...(p.terms.extra ? [p.terms.extra] : [])],
    groups: (counts) => [Math.min(Math.ceil(p.rows.of(counts) / ROWS), MU_PARTS), 1, 1],
    cpu: muStatsCpu(p),
  };
}
