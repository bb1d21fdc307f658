import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import { swigluBackwardCpu, swigluCpu } from './swiglu.cpu';
import forward from './swiglu.wgsl?raw';
import backward from './swigluBackward.wgsl?raw';

const logistic = /* wgsl */ `// The logistic function. Below −80 its value (under 1e-34) is held there, so that exp stays finite.
fn sigmoid(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp(min(-x, vec4f(80.0)))); }
`;

const parts = { snippets: [snippets.rows, logistic] };

/** `out = silu(gate) · up`, all [rows, width]. Overwrites; `out` is neither input. */
export function swiglu(
  _device: Device,
  p: { rows: RowCount; gate: Tensor; up: Tensor; out: Tensor; width: number },
): Dispatch {
  const F4 = quads(p.width, 'ffn');
  return {
    kernel: { label: 'swiglu', code: compose(forward, parts), constants: { F4 } },
    bindings: [p.rows.dims, p.gate, p.up, p.out],
    groups: perElement(p.rows, F4),
    cpu: swigluCpu(p),
  };
}

/** Gradients of `swiglu` with respect to both inputs, all [rows, width]. Overwrites; no output is an input. */
export function swigluBackward(
  _device: Device,
  p: { rows: RowCount; gate: Tensor; up: Tensor; gradOut: Tensor; gradGate: Tensor; gradUp: Tensor; width: number },
): Dispatch {
  const F4 = quads(p.width, 'ffn');
  return {
    kernel: { label: 'swigluBackward', code: compose(backward, parts), constants: { F4 } },
    bindings: [p.rows.dims, p.gate, p.up, p.gradOut, p.gradGate, p.gradUp],
    groups: perElement(p.rows, F4),
    cpu: swigluBackwardCpu(p),
  };
}
