/**
 * The soft threshold: h = y + κ Δ with κ = max(0, 1 − τ/r), r = ‖Δ‖/‖y‖, the proximal operator of the group lasso on
 * token updates; and the penalty λ Σ max(0, r − τ) = λ Σ ‖κ Δ‖/‖y‖. ‖y‖ is a yardstick: its gradient is not followed.
 * With μ = ⟨g, Δ⟩
 *
 *   dL/dΔ = κ g + a Δ,  a = ((1 − κ) μ + λ r)/‖Δ‖²,  and dL/dτ = −Σ S μ/r − λ Σ S.
 *
 * Rows where κ = 0 are not in the list of open rows. Symbols as in adapters/gate.
 */
import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { MU_PARTS } from '../gate/slots';
import slots from '../gate/slots.wgsl?raw';
import { THREADS, perElement, perRow, quads, rowThreads, sharing, snippets } from '../launch';
import { type ActiveRows, rowsBinding, rowsSnippets } from '../rows/rows';
import addPartWgsl from './addPart.wgsl?raw';
import finishWgsl from './finish.wgsl?raw';
import momentWgsl from './moment.wgsl?raw';
import partGradientWgsl from './partGradient.wgsl?raw';
import rankGradientWgsl from './rankGradient.wgsl?raw';
import scaleWgsl from './scale.wgsl?raw';
import {
  addPartCpu,
  finishCpu,
  momentCpu,
  partGradientCpu,
  rankGradientCpu,
  scaleCpu,
  softSumsCpu,
  wideGradientCpu,
} from './soft.cpu';
import softWgsl from './soft.wgsl?raw';
import sumsWgsl from './sums.wgsl?raw';
import wideGradientWgsl from './wideGradient.wgsl?raw';

/** Rows of a workgroup of `softSums`, as long as there are parts for all. */
const SUM_ROWS = 256;

const valueOfOther = /* wgsl */ `@group(0) @binding(4) var<storage, read> source: array<vec4f>;
fn valueAt(at: u32) -> vec4f { return source[at]; }
`;
const valueInPlace = /* wgsl */ `fn valueAt(at: u32) -> vec4f { return result[at]; }
`;

/** By what a row is shrunk: its r, and the module's GateSlot with τ. */
export interface Shrinking {
  ratio: Tensor;
  slot: Tensor;
}

/** out = κ z of the open rows, [·, rank]; `z` null: of `out` itself. */
export function shrinkRows(
  _device: Device,
  p: Shrinking & { rows: ActiveRows; z: Tensor | null; out: Tensor; rank: number },
): Dispatch {
  const source = p.z ? valueOfOther : valueInPlace;
  return {
    kernel: {
      label: 'soft κ z',
      code: compose(scaleWgsl, { snippets: [...rowsSnippets(p.rows), slots, softWgsl, source] }),
      constants: { R4: p.rank / 4 },
    },
    bindings: [rowsBinding(p.rows), p.ratio, p.slot, p.out, ...(p.z ? [p.z] : [])],
    groups: perElement(p.rows, p.rank / 4),
    cpu: scaleCpu(p),
  };
}

/** y += κ change ⊙ base of the open rows; y and base [·, width]. */
export function addPart(
  _device: Device,
  p: Shrinking & { rows: ActiveRows; change: Tensor; base: Tensor; y: Tensor; width: number },
): Dispatch {
  const D4 = quads(p.width, 'module');
  return {
    kernel: {
      label: 'soft κ c y',
      code: compose(addPartWgsl, { snippets: [...rowsSnippets(p.rows), slots, softWgsl] }),
      constants: { D4 },
    },
    bindings: [rowsBinding(p.rows), p.ratio, p.slot, p.change, p.base, p.y],
    groups: perElement(p.rows, D4),
    cpu: addPartCpu(p),
  };
}

/** Of a low-rank Δ = s B z: u = Bᵀ dL/dΔ in place of Bᵀ g, and a, of the open rows. */
export function rankGradient(
  _device: Device,
  p: Shrinking & {
    rows: ActiveRows;
    z: Tensor;
    /** BᵀB, [rank, rank] */
    gram: Tensor;
    mu: Tensor;
    u: Tensor;
    /** Out: f32 [rows] */
    along: Tensor;
    rank: number;
    scaling: number;
    /** λ times the tokens of the whole accumulated batch. */
    lambdaBar: number;
  },
): Dispatch {
  return {
    kernel: {
      label: 'soft Bᵀ dΔ',
      code: compose(rankGradientWgsl, { snippets: [...rowsSnippets(p.rows), snippets.dims, slots, softWgsl] }),
      constants: { R4: p.rank / 4, SCALING: p.scaling, LAMBDA_BAR: p.lambdaBar },
    },
    bindings: [rowsBinding(p.rows), p.rows.dims, p.slot, p.z, p.gram, p.mu, p.ratio, p.u, p.along],
    groups: perElement(p.rows, 1),
    cpu: rankGradientCpu(p),
  };
}

/** moment [rank, rank] += Σ a z zᵀ of the open rows. */
export function addMoment(
  device: Device,
  p: { rows: ActiveRows; along: Tensor; z: Tensor; moment: Tensor; rank: number },
): Dispatch {
  const blocks = p.rank / 4;
  return {
    kernel: {
      label: 'soft a z zᵀ',
      code: compose(momentWgsl, { snippets: rowsSnippets(p.rows) }),
      constants: { R4: blocks, WIDTH: rowThreads(device) },
    },
    bindings: [rowsBinding(p.rows), p.along, p.z, p.moment],
    groups: () => [blocks, blocks, 1],
    cpu: momentCpu(p),
  };
}

/** gradB [dOut, rank] += s² B moment. */
export function finishMoment(
  _device: Device,
  p: { b: Tensor; moment: Tensor; gradB: Tensor; dOut: number; rank: number; scaling: number },
): Dispatch {
  return {
    kernel: {
      label: 'soft B Σ a z zᵀ',
      code: finishWgsl,
      constants: { DOUT: p.dOut, R4: p.rank / 4, SCALING: p.scaling },
    },
    bindings: [p.b, p.moment, p.gradB],
    groups: () => [Math.ceil((p.dOut * p.rank) / 4 / THREADS), 1, 1],
    macs: () => p.dOut * p.rank * p.rank,
    cpu: finishCpu(p),
  };
}

/** Adds Σ S μ/r to the fourth sum of the module's StatSlot. */
export function softSums(
  device: Device,
  p: { rows: RowCount; mu: Tensor; ratio: Tensor; open: Tensor; stat: Tensor },
): Dispatch {
  return {
    kernel: {
      label: 'soft Σ μ/r',
      code: compose(sumsWgsl, { snippets: [snippets.dims, slots] }),
      constants: { WIDTH: sharing(device, 256) },
    },
    bindings: [p.rows.dims, p.mu, p.ratio, p.open, p.stat],
    groups: (counts) => [Math.min(Math.ceil(p.rows.of(counts) / SUM_ROWS), MU_PARTS), 1, 1],
    cpu: softSumsCpu(p),
  };
}

/** other = dL/dΔ of Δ = other + change ⊙ base where open, else 0; all [rows, width]. */
export function wideGradient(
  device: Device,
  p: Shrinking & {
    rows: RowCount;
    change: Tensor;
    base: Tensor;
    gradOut: Tensor;
    open: Tensor;
    other: Tensor;
    width: number;
    lambdaBar: number;
  },
): Dispatch {
  return {
    kernel: {
      label: 'soft dΔ',
      code: compose(wideGradientWgsl, { snippets: [snippets.rows, snippets.rowReduce, slots, softWgsl] }),
      constants: { D4: quads(p.width, 'module'), WIDTH: rowThreads(device), LAMBDA_BAR: p.lambdaBar },
    },
    bindings: [p.rows.dims, p.change, p.base, p.gradOut, p.ratio, p.open, p.slot, p.other],
    groups: perRow(p.rows),
    cpu: wideGradientCpu(p),
  };
}

/** out = gradOut + change ⊙ own: what goes back through W0 of dL/dΔ = own; all [rows, width]. */
export function partGradient(
  _device: Device,
  p: { rows: RowCount; change: Tensor; gradOut: Tensor; own: Tensor; out: Tensor; width: number },
): Dispatch {
  const D4 = quads(p.width, 'module');
  return {
    kernel: {
      label: 'soft g + c dΔ',
      code: compose(partGradientWgsl, { snippets: [snippets.rows] }),
      constants: { D4 },
    },
    bindings: [p.rows.dims, p.change, p.gradOut, p.own, p.out],
    groups: perElement(p.rows, D4),
    cpu: partGradientCpu(p),
  };
}
