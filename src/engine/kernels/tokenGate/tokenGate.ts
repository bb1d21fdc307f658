/**
 * GateRA's gate: g = σ(w·x) for each token, by which its update is multiplied, and its way back. Symbols as in
 * adapters/gatera.
 */
import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Counts, Dispatch, RowCount } from '../../device/program';
import { columnSums } from '../columnSums';
import { perElement, perRow, quads, rowThreads, snippets } from '../launch';
import addOuterWgsl from './addOuter.wgsl?raw';
import backWgsl from './back.wgsl?raw';
import gradientWgsl from './gradient.wgsl?raw';
import logitsWgsl from './logits.wgsl?raw';
import { addOuterCpu, backCpu, gateGradientCpu, gateLogitsCpu, weighCpu } from './tokenGate.cpu';
import weighWgsl from './weigh.wgsl?raw';

/** A product of every row with one vector. */
const macs = (rows: RowCount, width: number) => (counts: Counts) => rows.of(counts) * width;

/** logit [rows] = w·x; x [rows, width]. */
export function gateLogits(
  device: Device,
  p: { rows: RowCount; x: Tensor; w: Tensor; logit: Tensor; width: number },
): Dispatch {
  return {
    kernel: {
      label: 'gate w·x',
      code: compose(logitsWgsl, { snippets: [snippets.rows, snippets.rowReduce] }),
      constants: { K4: quads(p.width, 'module'), WIDTH: rowThreads(device) },
    },
    bindings: [p.rows.dims, p.x, p.w, p.logit],
    groups: perRow(p.rows),
    macs: macs(p.rows, p.width),
    cpu: gateLogitsCpu(p),
  };
}

/** out = σ(logit) z; both [rows, rank]. */
export function weighRows(
  _device: Device,
  p: { rows: RowCount; logit: Tensor; z: Tensor; out: Tensor; rank: number },
): Dispatch {
  return {
    kernel: {
      label: 'gate g z',
      code: compose(weighWgsl, { snippets: [snippets.rows] }),
      constants: { R4: p.rank / 4 },
    },
    bindings: [p.rows.dims, p.logit, p.z, p.out],
    groups: perElement(p.rows, p.rank / 4),
    cpu: weighCpu(p),
  };
}

export interface GateBackParams {
  rows: RowCount;
  /** A x and Bᵀ ∂L/∂h, [rows, rank]; become g times what they were. */
  z: Tensor;
  u: Tensor;
  /** Becomes its own gradient. */
  logit: Tensor;
  rank: number;
  scaling: number;
  /** λ of the entropy times the tokens of the whole accumulated batch. */
  entropy: number;
}

export function gateBack(_device: Device, p: GateBackParams): Dispatch {
  return {
    kernel: {
      label: 'gate back',
      code: compose(backWgsl, { snippets: [snippets.rows] }),
      constants: { R4: p.rank / 4, SCALING: p.scaling, ENTROPY: p.entropy },
    },
    bindings: [p.rows.dims, p.z, p.u, p.logit],
    groups: perElement(p.rows, 1),
    cpu: backCpu(p),
  };
}

/** gradIn += gradLogit w; gradIn [rows, width]. */
export function addOuter(
  _device: Device,
  p: { rows: RowCount; gradLogit: Tensor; w: Tensor; gradIn: Tensor; width: number },
): Dispatch {
  const K4 = quads(p.width, 'module');
  return {
    kernel: { label: 'gate dx', code: compose(addOuterWgsl, { snippets: [snippets.rows] }), constants: { K4 } },
    bindings: [p.rows.dims, p.gradLogit, p.w, p.gradIn],
    groups: perElement(p.rows, K4),
    macs: macs(p.rows, p.width),
    cpu: addOuterCpu(p),
  };
}

/** gradW [width] += Σ gradLogit x. */
export function gateGradient(
  device: Device,
  p: { rows: RowCount; gradLogit: Tensor; x: Tensor; gradW: Tensor; width: number },
): Dispatch {
  return {
    ...columnSums(device, { label: 'gate dw', rows: [snippets.rows], term: gradientWgsl, width: p.width }),
    bindings: [p.rows.dims, p.gradLogit, p.x, p.gradW],
    macs: macs(p.rows, p.width),
    cpu: gateGradientCpu(p),
  };
}
