import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, perRow, quads, rowThreads, snippets } from '../launch';
import { layerNormBackwardCpu, layerNormCpu } from './layerNorm.cpu';
import forward from './layerNorm.wgsl?raw';
import again from './layerNormAgain.wgsl?raw';
import backward from './layerNormBackward.wgsl?raw';

const withBias = /* wgsl */ `// The norm's last step: column d's bias.
@group(0) @binding(5) var<storage, read> bias: array<vec4f>;
fn shifted(v: vec4f, d: u32) -> vec4f { return v + bias[d]; }
`;
const withoutBias = /* wgsl */ `// The norm's last step: this one has no bias.
fn shifted(v: vec4f, d: u32) -> vec4f { return v; }
`;

interface LayerNorm {
  rows: RowCount;
  x: Tensor;
  weight: Tensor;
  /** Absent: none. */
  bias?: Tensor;
  out: Tensor;
  /** {mean, rstd} of every row. */
  stats: Tensor;
  width: number;
}

const shifting = ({ bias }: LayerNorm) => (bias ? withBias : withoutBias);
const bindings = ({ rows, x, weight, stats, out, bias }: LayerNorm) => [
  rows.dims,
  x,
  weight,
  stats,
  out,
  ...(bias ? [bias] : []),
];

/**
 * `out = (x − mean) · rstd · weight + bias` with `rstd = 1/√(mean((x − mean)²) + eps)` per row. `x`, `out` [rows,
 * width], `weight`, `bias` [width], `stats` [rows, 2] (kept for the backward). Overwrites.
 */
export function layerNorm(device: Device, p: LayerNorm & { eps: number }): Dispatch {
  return {
    kernel: {
      label: 'layerNorm',
      code: compose(forward, { snippets: [snippets.rows, snippets.rowReduce, shifting(p)] }),
      constants: { D4: quads(p.width, 'hidden'), EPS: p.eps, WIDTH: rowThreads(device) },
    },
    bindings: bindings(p),
    groups: perRow(p.rows),
    cpu: layerNormCpu(p),
  };
}

/** `out` of `layerNorm` recomputed, bit for bit, from the `stats` that it kept. Overwrites. */
export function layerNormAgain(p: LayerNorm): Dispatch {
  return {
    kernel: {
      label: 'layerNormAgain',
      code: compose(again, { snippets: [snippets.rows, shifting(p)] }),
      constants: { D4: quads(p.width, 'hidden') },
    },
    bindings: bindings(p),
    groups: perElement(p.rows, p.width / 4),
    cpu: layerNormCpu(p),
  };
}

/**
 * Gradient of `layerNorm` with respect to x; weight and bias are frozen. `gradOut`, `gradX` [rows, width], different
 * tensors. Overwrites `gradX`, or adds to it when `accumulate`.
 */
export function layerNormBackward(
  device: Device,
  p: Omit<LayerNorm, 'bias' | 'out'> & { gradOut: Tensor; gradX: Tensor; accumulate: boolean },
): Dispatch {
  return {
    kernel: {
      label: 'layerNormBackward',
      code: compose(backward, { snippets: [snippets.rows, snippets.rowReduce] }),
      constants: { D4: quads(p.width, 'hidden'), ACCUMULATE: Number(p.accumulate), WIDTH: rowThreads(device) },
    },
    bindings: [p.rows.dims, p.x, p.weight, p.stats, p.gradOut, p.gradX],
    groups: perRow(p.rows),
    cpu: layerNormBackwardCpu(p),
  };
}
