import { compose } from '../../gpu/compose';
import type { Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import dims from '../../gpu/dims.wgsl?raw';
import type { Counts, Dispatch, RowCount } from '../../gpu/program';
import { chunkRule } from '../lowRankGrad/chunks';
import wgsl from './gate.wgsl?raw';
import ratiosWgsl from './gateRatios.wgsl?raw';
import ratio from './ratio.wgsl?raw';
import ratioStored from './ratioStored.wgsl?raw';
import shape from './shape.wgsl?raw';
import slots from './slots.wgsl?raw';

/** Multiply-adds of zᵀGz over all rows beyond which they are spread over many workgroups, in a dispatch of their own. */
const SPREAD = 1 << 18;
const THREADS = 64;

/** Sizes of the dispatches over open rows. */
export interface ActiveGroups {
  /** B z and the adapter's dx: rows of a workgroup, and column groups. */
  delta: { rowsPerGroup: number; columnGroups: number };
  dx: { rowsPerGroup: number; columnGroups: number };
  /** `lowRankGrad`: workgroups of one chunk, and of the sums. */
  grads: { gradGroups: number; sumGroups: number };
}

/** Where ‖Δ_i‖ comes from: s² zᵀGz, by the Gram matrix of B. */
export interface DeltaSize {
  /** A x, [rows, rank]. */
  z: Tensor;
  /** BᵀB, [rank, rank]. */
  gram: Tensor;
  rank: number;
  /** alpha / rank, positive. */
  scaling: number;
}

export interface GateParams {
  rows: RowCount;
  size: DeltaSize;
  /** [rows, parts]: partial sums of y² of the frozen module's output y. */
  squares: { tensor: Tensor; parts: number };
  /** This module's GateSlot; bound as a uniform. */
  slot: Tensor;
  /** Out: r per row, [rows] f32. */
  ratio: Tensor;
  /** Out: S per row, [rows] u32, 0 or 1. */
  open: Tensor;
  /** Out: count, then the open rows ascending; `activeListBytes(maxRows)`. */
  list: Tensor;
  /** Out: arguments of the dispatches over open rows; `ARGS_BYTES`. */
  args: Tensor;
  /** This module's StatSlot: rows, dispatched rows and the histogram of r are added when `record`. Bound in any case. */
  stat: Tensor;
  record: boolean;
  groups: ActiveGroups;
}

/**
 * The token gate: r_i = ‖Δ_i‖/(‖y_i‖ + 1e-6) by the Gram matrix, S_i = [r_i ≥ τ], and the list of open rows with what
 * the dispatches over it need. One dispatch, or two where the rows are many; which, the rows of a pass decide.
 */
export function gate(gpu: Gpu, p: GateParams, spread = SPREAD): Dispatch[] {
  const large = (counts: Counts) => p.rows.of(counts) * p.size.rank ** 2 > spread;
  const values = shapeOf(p);
  const inputs = [p.size.z, p.size.gram, p.squares.tensor];
  const outputs = [p.rows.dims, p.slot, p.ratio, p.open, p.list, p.args, p.stat];
  const rule = chunkRule(gpu);
  const constants = { WIDTH: gpu.info.software ? 4 : 256, ...rule.constants };
  return [
    {
      kernel: { label: 'gate ratios', code: compose(ratiosWgsl, { consts: { RATIO_AT: 2, SHAPE_AT: 5 }, snippets: [dims, shape, ratio] }), constants: { THREADS } },
      bindings: [p.rows.dims, p.ratio, ...inputs],
      values,
      groups: (counts) => [large(counts) ? Math.ceil(p.rows.of(counts) / THREADS) : 0, 1, 1],
    },
    {
      kernel: { label: 'gate list', code: compose(wgsl, { consts: { SHAPE_AT: 7 }, snippets: [dims, slots, shape, rule.wgsl, ratioStored] }), constants },
      bindings: outputs,
      values,
      groups: (counts) => [large(counts) ? 1 : 0, 1, 1],
    },
    {
      kernel: { label: 'gate', code: compose(wgsl, { consts: { RATIO_AT: 7, SHAPE_AT: 10 }, snippets: [dims, slots, shape, rule.wgsl, ratio] }), constants },
      bindings: [...outputs, ...inputs],
      values,
      groups: (counts) => [large(counts) ? 0 : 1, 1, 1],
    },
  ];
}

/** The shaders' `Shape`. */
function shapeOf({ size: { rank, scaling }, squares, record, groups: { delta, dx, grads } }: GateParams): ArrayBuffer {
  const bytes = new ArrayBuffer(48);
  new Uint32Array(bytes).set([
    rank / 4, squares.parts, 0, record ? 1 : 0,
    delta.rowsPerGroup, delta.columnGroups, dx.rowsPerGroup, dx.columnGroups, grads.gradGroups, grads.sumGroups,
  ]);
  new Float32Array(bytes)[2] = scaling;
  return bytes;
}
