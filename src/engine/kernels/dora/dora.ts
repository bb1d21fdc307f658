/** What DoRA needs besides LoRA's products: its scale, and Δ's part along W0 x. Symbols as in adapters/dora. */
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { columnSums } from '../columnSums';
import { perElement, perRow, quads, rowThreads, snippets } from '../launch';
import { type Rows, isActive, rowsBinding, rowsSnippets } from '../rows/rows';
import addScaledWgsl from './addScaled.wgsl?raw';
import columnDotsWgsl from './columnDots.wgsl?raw';
import { addScaledCpu, columnDotsCpu, doraFinishCpu, doraScaleCpu, frozenGradientCpu, rowTermsCpu } from './dora.cpu';
import finishWgsl from './finish.wgsl?raw';
import frozenGradientWgsl from './frozenGradient.wgsl?raw';
import rowTermsWgsl from './rowTerms.wgsl?raw';
import scaleWgsl from './scale.wgsl?raw';

/** What the shaders ask of a row's gate. */
const openAll = /* wgsl */ `// No gate: every row is open.
fn isOpen(row: u32) -> bool { return true; }
`;
const openGated = /* wgsl */ `// S of every row, as the gate left it.
@group(0) @binding(4) var<storage, read> open: array<u32>;
fn isOpen(row: u32) -> bool { return open[row] != 0u; }
`;

const THREADS = 64;

/** Sizes of a module as its per-output kernels want them. */
interface Outputs {
  dOut: number;
  /** A multiple of 4. */
  rank: number;
}

/** n = ‖W0 + s B A‖ by rows, change = m/n − 1, scaledB = m/n · B. */
export function doraScale(
  _device: Device,
  p: Outputs & {
    scaling: number;
    /** ‖W0‖² by rows, [dOut] */
    rowNormSquared: Tensor;
    /** A W0ᵀ [rank, dOut] and A Aᵀ [rank, rank] */
    product: Tensor;
    gram: Tensor;
    b: Tensor;
    m: Tensor;
    /** Out: [dOut], [dOut], [dOut, rank] */
    norm: Tensor;
    change: Tensor;
    scaledB: Tensor;
  },
): Dispatch {
  return {
    kernel: {
      label: 'dora scale',
      code: scaleWgsl,
      constants: { DOUT: p.dOut, RANK4: p.rank / 4, SCALING: p.scaling },
    },
    bindings: [p.rowNormSquared, p.product, p.gram, p.b, p.m, p.norm, p.change, p.scaledB],
    groups: () => [Math.ceil(p.dOut / THREADS), 1, 1],
    cpu: doraScaleCpu(p),
  };
}

/** Gradients of scaledB and Σ S g ⊙ (W0 x), in place, into those of B and m. */
export function doraFinish(
  _device: Device,
  p: Outputs & { b: Tensor; norm: Tensor; change: Tensor; gradB: Tensor; gradM: Tensor },
): Dispatch {
  return {
    kernel: { label: 'dora finish', code: finishWgsl, constants: { DOUT: p.dOut, RANK4: p.rank / 4 } },
    bindings: [p.b, p.norm, p.change, p.gradB, p.gradM],
    groups: () => [Math.ceil(p.dOut / THREADS), 1, 1],
    cpu: doraFinishCpu(p),
  };
}

/** y += change ⊙ base for all rows or the open ones; y and base [·, width]. */
export function addScaled(
  _device: Device,
  p: { rows: Rows; change: Tensor; base: Tensor; y: Tensor; width: number },
): Dispatch {
  const { rows } = p;
  const D4 = quads(p.width, 'module');
  return {
    kernel: {
      label: `dora c y${isActive(rows) ? ' of open rows' : ''}`,
      code: compose(addScaledWgsl, { snippets: rowsSnippets(rows) }),
      constants: { D4 },
    },
    bindings: [rowsBinding(rows), p.change, p.base, p.y],
    groups: perElement(rows, D4),
    cpu: addScaledCpu(p),
  };
}

/** out = gradOut ⊙ (1 + S change): what goes back through W0. `open` null: S = 1. */
export function frozenGradient(
  _device: Device,
  p: { rows: RowCount; change: Tensor; gradOut: Tensor; open: Tensor | null; out: Tensor; width: number },
): Dispatch {
  const D4 = quads(p.width, 'module');
  return {
    kernel: {
      label: 'dora g (1 + c)',
      code: compose(frozenGradientWgsl, { snippets: [snippets.rows, p.open ? openGated : openAll] }),
      constants: { D4 },
    },
    bindings: [p.rows.dims, p.change, p.gradOut, p.out, ...(p.open ? [p.open] : [])],
    groups: perElement(p.rows, D4),
    cpu: frozenGradientCpu(p),
  };
}

/** out [rows] = ‖other + change ⊙ base‖², or with `dot` ⟨other, change ⊙ base⟩; other and base [rows, width]. */
export function rowTerms(
  device: Device,
  p: { rows: RowCount; change: Tensor; base: Tensor; other: Tensor; out: Tensor; width: number; dot: boolean },
): Dispatch {
  return {
    kernel: {
      label: p.dot ? 'dora g·c y' : 'dora ‖Δ‖²',
      code: compose(rowTermsWgsl, { consts: { DOT: p.dot }, snippets: [snippets.rows, snippets.rowReduce] }),
      constants: { D4: quads(p.width, 'module'), WIDTH: rowThreads(device) },
    },
    bindings: [p.rows.dims, p.change, p.base, p.other, p.out],
    groups: perRow(p.rows),
    cpu: rowTermsCpu(p),
  };
}

/** sums [width] += Σ gradOut ⊙ base over all rows or the open ones. */
export function columnDots(
  device: Device,
  p: { rows: Rows; gradOut: Tensor; base: Tensor; sums: Tensor; width: number },
): Dispatch {
  const { rows } = p;
  const label = `dora g ⊙ y${isActive(rows) ? ' of open rows' : ''}`;
  return {
    ...columnSums(device, { label, rows: rowsSnippets(rows), term: columnDotsWgsl, width: p.width }),
    bindings: [rowsBinding(rows), p.gradOut, p.base, p.sums],
    cpu: columnDotsCpu(p),
  };
}
