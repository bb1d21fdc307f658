import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { quads, rowThreads, snippets, spread } from '../launch';
import { type Weight, loadSnippet } from '../matmul/weight';
import { rowNormsCpu } from './rowNorms.cpu';
import wgsl from './rowNorms.wgsl?raw';

/** ‖row‖² and ‖row‖ of a frozen W [rows, k], f32 [rows] each; overwrites. */
export function rowNorms(
  device: Device,
  p: { w: Weight; rowNormSquared: Tensor; norms: Tensor; rows: number; k: number },
): Dispatch {
  const load = loadSnippet(device, p.w);
  return {
    kernel: {
      label: 'rowNorms',
      code: compose(wgsl, { enables: load.enables, snippets: [load.wgsl, snippets.rowReduce] }),
      constants: { K4: quads(p.k, 'row'), ROWS: p.rows, WIDTH: rowThreads(device) },
      variants: load.variants,
    },
    bindings: [p.rowNormSquared, p.norms, p.w.tensor],
    groups: () => spread(p.rows),
    cpu: rowNormsCpu(p),
  };
}
