import type { ActivationKind } from '../../../shared/layers';
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { activationBackwardCpu, activationCpu, gatedActivationBackwardCpu, gatedActivationCpu } from './activation.cpu';
import gated from './gated.wgsl?raw';
import gatedBackward from './gatedBackward.wgsl?raw';
import { activations } from './kinds';
import plain from './plain.wgsl?raw';
import plainBackward from './plainBackward.wgsl?raw';

interface Activation {
  kind: ActivationKind;
  rows: RowCount;
  width: number;
}

/** What the gated ones are called (Shazeer 2020). */
const GATED: Record<ActivationKind, string> = { silu: 'swiglu', gelu: 'geglu', geluTanh: 'gegluTanh', relu: 'reglu' };

const kernelOf = (label: string, code: string, { kind, width }: Activation) => ({
  label,
  code: compose(code, { snippets: [snippets.rows, activations[kind]] }),
  constants: { F4: quads(width, 'ffn') },
});

/** `out = f(gate) · up`, all [rows, width]. Overwrites; `out` is neither input. */
export function gatedActivation(_device: Device, p: Activation & { gate: Tensor; up: Tensor; out: Tensor }): Dispatch {
  return {
    kernel: kernelOf(GATED[p.kind], gated, p),
    bindings: [p.rows.dims, p.gate, p.up, p.out],
    groups: perElement(p.rows, p.width / 4),
    cpu: gatedActivationCpu(p),
  };
}

/**
 * Gradients of `gatedActivation` with respect to both inputs, and `out` as it makes it, all [rows, width]. Overwrites;
 * no output is an input.
 */
export function gatedActivationBackward(
  _device: Device,
  p: Activation & { gate: Tensor; up: Tensor; gradOut: Tensor; gradGate: Tensor; gradUp: Tensor; out: Tensor },
): Dispatch {
  return {
    kernel: kernelOf(`${GATED[p.kind]}Backward`, gatedBackward, p),
    bindings: [p.rows.dims, p.gate, p.up, p.gradOut, p.gradGate, p.gradUp, p.out],
    groups: perElement(p.rows, p.width / 4),
    cpu: gatedActivationBackwardCpu(p),
  };
}

/** `out = f(x)`, both [rows, width]. Overwrites; `out` is not `x`. */
export function activation(_device: Device, p: Activation & { x: Tensor; out: Tensor }): Dispatch {
  return {
    kernel: kernelOf(p.kind, plain, p),
    bindings: [p.rows.dims, p.x, p.out],
    groups: perElement(p.rows, p.width / 4),
    cpu: activationCpu(p),
  };
}

/** Gradient of `activation`, and `out` as it makes it, all [rows, width]. Overwrites; no output is an input. */
export function activationBackward(
  _device: Device,
  p: Activation & { x: Tensor; gradOut: Tensor; gradX: Tensor; out: Tensor },
): Dispatch {
  return {
    kernel: kernelOf(`${p.kind}Backward`, plainBackward, p),
    bindings: [p.rows.dims, p.x, p.gradOut, p.gradX, p.out],
    groups: perElement(p.rows, p.width / 4),
    cpu: activationBackwardCpu(p),
  };
}
