import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, quads, snippets } from '../launch';
import silu from './silu.wgsl?raw';
import { swigluBackwardCpu, swigluCpu } from './swiglu.cpu';
import forward from './swiglu.wgsl?raw';
import backward from './swigluBackward.wgsl?raw';

const parts = { snippets: [snippets.rows, silu] };

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
