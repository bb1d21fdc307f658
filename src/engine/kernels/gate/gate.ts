import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import dims from '../../gpu/dims.wgsl?raw';
import type { Dispatch, RowCount } from '../../gpu/program';
import wgsl from './gate.wgsl?raw';
import slots from './slots.wgsl?raw';

export interface GateParams {
  rows: RowCount;
  /** A x, [rows, rank]. */
  z: Tensor;
  /** BᵀB, [rank, rank]. */
  gram: Tensor;
  /** Frozen module's output, [rows, dOut]. */
  y: Tensor;
  /** This module's GateSlot. */
  tau: Tensor;
  /** Out: r per row, [rows] f32. */
  ratio: Tensor;
  /** Out: S per row, [rows] u32, 0 or 1. */
  open: Tensor;
  /** This module's histogram of r, [64] u32, added to when `record`. Bound in any case. */
  hist: Tensor;
  dOut: number;
  rank: number;
  /** alpha / rank, positive. */
  scaling: number;
  record: boolean;
}

/** The token gate: r_i = ‖Δ_i‖/(‖y_i‖ + 1e-6) by the Gram matrix, S_i = [r_i ≥ τ]. */
export function gate(gpu: Gpu, p: GateParams): Dispatch {
  return {
    kernel: {
      label: 'gate',
      code: compose(wgsl, { snippets: [dims, slots] }),
      constants: { WIDTH: gpu.rowWidth, RANK4: p.rank / 4, DOUT4: p.dOut / 4, SCALING: p.scaling, RECORD: p.record ? 1 : 0 },
    },
    bindings: [p.rows.dims, p.z, p.gram, p.y, p.tau, p.ratio, p.open, p.hist],
    groups: (counts) => [p.rows.of(counts), 1, 1],
    macs: (counts) => p.rows.of(counts) * (p.rank * p.rank + p.dOut),
  };
}
