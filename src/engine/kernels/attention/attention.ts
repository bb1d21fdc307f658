/**
 * Causal grouped-query attention over ragged rows. `meta` u32 [rows, 4] holds per row {keyStart, position,
 * sequenceEnd, 0}: the first key row of its sequence (training: the sequence's first row; decoding: its slot in
 * the cache), its index in the sequence, and (training) one past the last row of its sequence. It attends to key
 * rows keyStart … keyStart + position. The backward is three passes, since WGSL has no float atomics.
 */
import { GpuError } from '../../../shared/errors';
import type { Tensor } from '../../gpu/buffers';
import { compose } from '../../gpu/compose';
import type { Gpu } from '../../gpu/device';
import type { Dispatch, RowCount } from '../../gpu/program';
import { perElement, quads, snippets } from '../launch';
import forward from './attention.wgsl?raw';
import deltaPass from './attentionDelta.wgsl?raw';
import gradKVPass from './attentionGradKV.wgsl?raw';
import gradQPass from './attentionGradQ.wgsl?raw';

/** The head layout: `heads` query heads of `headDim`, `kvHeads` key and value heads shared evenly among them. */
export interface Heads {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** A pass with a thread per row and head, `heads` workgroups along y. */
function pass(gpu: Gpu, label: string, wgsl: string, rows: RowCount, p: Heads, heads: number, bindings: Tensor[]): Dispatch {
  if (p.heads % p.kvHeads !== 0) throw new GpuError(`${p.heads} heads cannot share ${p.kvHeads} key heads evenly.`, 'Choose another model.');
  // On a software adapter small groups keep both cores busy and waste fewer lanes on the last rows.
  const threads = gpu.info.software ? 16 : 64;
  return {
    kernel: {
      label,
      code: compose(wgsl, { consts: { HEADS: p.heads, KV_HEADS: p.kvHeads, HD4: quads(p.headDim, 'Head size') }, snippets: [snippets.dims] }),
      constants: { SCALE: 1 / Math.sqrt(p.headDim), THREADS: threads },
    },
    bindings: [rows.dims, ...bindings],
    groups: (counts) => [Math.ceil(rows.of(counts) / threads), heads, 1],
  };
}

/**
 * Attention of `q` [rows, heads·headDim] over `k`, `v` [keyRows, kvHeads·headDim] into `out` (as q), with the
 * log-sum-exp of every row and head in `lse` [rows, heads]. Scores are scaled by 1/√headDim. Overwrites.
 * @throws {GpuError} when headDim is no multiple of 4 or the heads cannot be shared evenly.
 */
export function attention(gpu: Gpu, p: { rows: RowCount; meta: Tensor; q: Tensor; k: Tensor; v: Tensor; out: Tensor; lse: Tensor } & Heads): Dispatch {
  return pass(gpu, 'attention', forward, p.rows, p, p.heads, [p.meta, p.q, p.k, p.v, p.out, p.lse]);
}

/**
 * Gradients of `attention` in the training layout (keys are the rows themselves). `stats` is workspace of
 * [rows, heads, 2]: {lse, D} with D = Σ gradOut·out per head, in one tensor so that no pass needs more than the
 * eight storage buffers every adapter has. `gradQ` as q, `gradK` and `gradV` as k; overwrites all.
 */
export function attentionBackward(gpu: Gpu, p: {
  rows: RowCount; meta: Tensor; q: Tensor; k: Tensor; v: Tensor; out: Tensor; lse: Tensor; gradOut: Tensor;
  stats: Tensor; gradQ: Tensor; gradK: Tensor; gradV: Tensor;
} & Heads): Dispatch[] {
  const shared = [p.meta, p.q, p.k, p.v, p.gradOut, p.stats];
  return [
    {
      kernel: {
        label: 'attentionDelta', code: compose(deltaPass, { snippets: [snippets.dims] }),
        constants: { HEADS: p.heads, HD4: quads(p.headDim, 'Head size') },
      },
      bindings: [p.rows.dims, p.out, p.gradOut, p.lse, p.stats],
      groups: perElement(p.rows, p.heads),
    },
    pass(gpu, 'attentionGradQ', gradQPass, p.rows, p, p.heads, [...shared, p.gradQ]),
    pass(gpu, 'attentionGradKV', gradKVPass, p.rows, p, p.kvHeads, [...shared, p.gradK, p.gradV]),
  ];
}
