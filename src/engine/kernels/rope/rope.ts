import { GpuError } from '../../../shared/errors';
import { message } from '../../../shared/message';
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch, RowCount } from '../../device/program';
import { perElement, snippets } from '../launch';
import { ropeCpu } from './rope.cpu';
import wgsl from './rope.wgsl?raw';

/**
 * Cosines and sines [context, headDim/2, 2] of position / theta^(2i/headDim) (RoFormer, Su et al. 2021; unscaled),
 * computed in f64: an f32 angle of some thousand radians would be off by 1e-4.
 */
export function ropeTable(context: number, headDim: number, theta: number): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const table = new Float32Array(context * half * 2);
  for (let i = 0; i < half; i++) {
    const frequency = theta ** ((-2 * i) / headDim);
    for (let position = 0; position < context; position++) {
      const at = (position * half + i) * 2;
      table[at] = Math.cos(position * frequency);
      table[at + 1] = Math.sin(position * frequency);
    }
  }
  return table;
}

/**
 * Rotary position embedding in place on `x` [rows, heads·headDim], pairs (i, i + headDim/2) as in Hugging Face's
 * Llama. `meta` u32 [rows, 4] as in `attention`; every position must lie in `table` (see `ropeTable`). `inverse`
 * rotates back, which is also the backward.
 */
export function rope(
  _device: Device,
  p: { rows: RowCount; meta: Tensor; table: Tensor; x: Tensor; heads: number; headDim: number; inverse: boolean },
): Dispatch {
  if (p.headDim % 2 !== 0) throw new GpuError(message('engine.model.oddHead', { size: p.headDim }));
  const HALF = p.headDim / 2;
  return {
    kernel: {
      label: p.inverse ? 'ropeInverse' : 'rope',
      code: compose(wgsl, { snippets: [snippets.rows] }),
      constants: { HEADS: p.heads, HALF, INVERSE: Number(p.inverse) },
    },
    bindings: [p.rows.dims, p.meta, p.table, p.x],
    groups: perElement(p.rows, p.heads * HALF),
    cpu: ropeCpu(p),
  };
}
