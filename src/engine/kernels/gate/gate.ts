import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import dims from '../../device/dims.wgsl?raw';
import type { Counts, Dispatch, Groups, RowCount } from '../../device/program';
import scan from '../scan.wgsl?raw';
import { sharing } from '../launch';
import { gateCpu, gateListCpu, gateRatiosCpu } from './gate.cpu';
import wgsl from './gate.wgsl?raw';
import ratiosWgsl from './gateRatios.wgsl?raw';
import ratioWgsl from './ratio.wgsl?raw';
import ratioOfSquaresWgsl from './ratioOfSquares.wgsl?raw';
import shape from './shape.wgsl?raw';
import slots from './slots.wgsl?raw';

/**
 * S of a row: from its r, or from an earlier dispatch; and r where that has left it (else ratio.wgsl,
 * ratioOfSquares.wgsl).
 */
const keepAbove = /* wgsl */ `// S of a row: r >= tau.
fn keeps(row: u32, r: f32) -> bool { return r >= slot.tau; }
`;
const keepMarked = /* wgsl */ `// S of a row where an earlier dispatch has marked it in open. τ ≥ 0 says nothing, but without a word of it the slot would
// fall out of the layout, and the bindings would be others than with keepAbove.
fn keeps(row: u32, r: f32) -> bool { return open[row] != 0u && slot.tau >= 0.0; }
`;
const ratioStored = /* wgsl */ `// r of a row where an earlier dispatch has computed it.
fn ratioOf(row: u32) -> f32 { return ratio[row]; }
`;

/**
 * Multiply-adds of zᵀGz over all rows beyond which they are spread over many workgroups, in a dispatch of their own.
 */
const SPREAD = 1 << 18;
const THREADS = 64;

/** ‖Δ_i‖² by the Gram matrix of B: s² zᵀGz. */
interface LowRankSize {
  /** A x, [rows, rank]. */
  z: Tensor;
  /** BᵀB, [rank, rank]. */
  gram: Tensor;
  rank: number;
  /** alpha / rank, positive. */
  scaling: number;
}

/** Where ‖Δ_i‖ comes from; `rowNormSquared`: ‖Δ_i‖² as such, f32 [rows]. */
export type DeltaSize = LowRankSize | { rowNormSquared: Tensor };

export interface GateParams {
  rows: RowCount;
  size: DeltaSize;
  /** [rows, parts]: partial sums of y² of the frozen module's output y. */
  rowNormSquared: { tensor: Tensor; parts: number };
  /** This module's GateSlot; bound as a uniform. */
  slot: Tensor;
  /** Out: r per row, [rows] f32. */
  ratio: Tensor;
  /** Out: S per row, [rows] u32, 0 or 1. */
  open: Tensor;
  /** Out: count, then the open rows ascending; `activeListBytes(maxRows)`. */
  list: Tensor;
  /** This module's StatSlot: rows, computed rows and the histogram of r are added when `record`. Bound in any case. */
  stat: Tensor;
  record: boolean;
  /** Rows of a workgroup of the products over open rows, for the statistics: `activeTileRows`. */
  tileRows: number;
  /** Where not τ decides: what marks the rows to keep in `open`, once `ratio` is there. */
  mark?: Dispatch[];
}

/**
 * The token gate: r_i = ‖Δ_i‖/(‖y_i‖ + 1e-6) by the Gram matrix, S_i = [r_i ≥ τ], and the list of open rows. One
 * dispatch, or two where the rows are many; which, the rows of a pass decide. With `mark`, S is what that leaves in
 * `open`.
 */
export function gate(device: Device, p: GateParams, spread = SPREAD): Dispatch[] {
  const { size } = p;
  const lowRank = 'z' in size;
  const large = (counts: Counts) => p.mark !== undefined || p.rows.of(counts) * (lowRank ? size.rank ** 2 : 1) > spread;
  const values = shapeOf(p);
  const inputs = lowRank
    ? [size.z, size.gram, p.rowNormSquared.tensor]
    : [size.rowNormSquared, p.rowNormSquared.tensor];
  const ratio = lowRank ? ratioWgsl : ratioOfSquaresWgsl;
  const outputs = [p.rows.dims, p.slot, p.ratio, p.open, p.list, p.stat];
  const constants = { WIDTH: sharing(device, 256) };
  return [
    {
      kernel: {
        label: 'gate ratios',
        code: compose(ratiosWgsl, {
          consts: { RATIO_AT: 2, SHAPE_AT: 2 + inputs.length },
          snippets: [dims, shape, ratio],
        }),
        constants: { THREADS },
      },
      bindings: [p.rows.dims, p.ratio, ...inputs],
      values,
      groups: (counts) => [large(counts) ? Math.ceil(p.rows.of(counts) / THREADS) : 0, 1, 1],
      cpu: p.mark ? gateRatiosCpu(p) : null,
    },
    ...(p.mark ?? []),
    {
      kernel: {
        label: 'gate list',
        code: compose(wgsl, {
          consts: { SHAPE_AT: 6 },
          snippets: [dims, scan, slots, shape, ratioStored, p.mark ? keepMarked : keepAbove],
        }),
        constants,
      },
      bindings: outputs,
      values,
      groups: (counts) => [large(counts) ? 1 : 0, 1, 1],
      cpu: p.mark ? gateListCpu({ ...p, marked: true }) : null,
    },
    ...(p.mark
      ? []
      : [
          {
            kernel: {
              label: 'gate',
              code: compose(wgsl, {
                consts: { RATIO_AT: 6, SHAPE_AT: 6 + inputs.length },
                snippets: [dims, scan, slots, shape, ratio, keepAbove],
              }),
              constants,
            },
            bindings: [...outputs, ...inputs],
            values,
            groups: (counts: Counts): Groups => [large(counts) ? 0 : 1, 1, 1],
            cpu: gateCpu({ ...p, marked: false }),
          },
        ]),
  ];
}

/** The shaders' `Shape`. */
function shapeOf({ size, rowNormSquared, record, tileRows }: GateParams): ArrayBuffer {
  const bytes = new ArrayBuffer(32);
  new Uint32Array(bytes).set(['z' in size ? size.rank / 4 : 0, rowNormSquared.parts, 0, record ? 1 : 0, tileRows]);
  new Float32Array(bytes)[2] = 'z' in size ? size.scaling : 1;
  return bytes;
}
