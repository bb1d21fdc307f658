/** Attention between its projections: rotation, the cache, scores and their sums. */
import type { AttentionDescription } from '../../../shared/model';
import type { Op } from '../../device/program';
import { attention, attentionBackward } from '../../kernels/attention/attention';
import { copyToCache } from '../../kernels/copyToCache/copyToCache';
import { rope } from '../../kernels/rope/rope';
import { type GradActivations, type LayerActivations, headWidths } from '../activations';
import type { Half } from './half';
import type { Pass } from './pass';

type Saved = LayerActivations['attention'];
type Grads = GradActivations['attention'];

/** The attention of a layer. */
export function attentionHalf(pass: Pass, layer: number): Half {
  const { attention: description, residualScale: scale } = pass.config.layers[layer];
  const saved = pass.layers[layer].attention;
  const grads = () => pass.grads!.attention;
  return {
    description,
    scale,
    saved,
    parts: [saved.q, saved.k, saved.v],
    gradParts: () => [grads().q, grads().k, grads().v],
    out: saved.attn,
    gradOut: () => grads().attn,
    forward: () => forward(pass, description, layer, saved),
    kept: true,
    backward: () => backward(pass, description, saved, grads()),
  };
}

/** Rotates queries and keys in place, or back. */
function rotate(pass: Pass, d: AttentionDescription, { q, k }: Pick<Saved, 'q' | 'k'>, inverse: boolean): Op[] {
  if (d.rope === null) return [];
  const { rows, meta } = pass.batch;
  const { headDim } = d;
  const table = pass.ropeTables[d.rope];
  return [
    rope(pass.device, { rows, meta, table, x: q, heads: d.heads, headDim, inverse }),
    rope(pass.device, { rows, meta, table, x: k, heads: d.kvHeads, headDim, inverse }),
  ];
}

/** From q, k and v to `attn`, the input of the output module. */
function forward(pass: Pass, d: AttentionDescription, layer: number, saved: Saved): Op[] {
  const { rows, meta } = pass.batch;
  const { heads, kvHeads, headDim } = d;
  const cache = pass.cache?.[layer];
  const width = headWidths(d).kv;
  return [
    ...rotate(pass, d, saved, false),
    ...(cache
      ? [
          copyToCache(pass.device, { rows, meta, x: saved.k, cache: cache.k, width }),
          copyToCache(pass.device, { rows, meta, x: saved.v, cache: cache.v, width }),
        ]
      : []),
    ...attention(pass.device, {
      rows,
      meta,
      q: saved.q,
      k: cache?.k ?? saved.k,
      v: cache?.v ?? saved.v,
      out: saved.attn,
      lse: saved.lse,
      heads,
      kvHeads,
      headDim,
    }),
  ];
}

/** From `grads.attn` to the gradients of q, k and v as the projections made them. */
function backward(pass: Pass, d: AttentionDescription, saved: Saved, grads: Grads): Op[] {
  const { rows, meta } = pass.batch;
  const { heads, kvHeads, headDim } = d;
  return [
    ...attentionBackward(pass.device, {
      rows,
      meta,
      q: saved.q,
      k: saved.k,
      v: saved.v,
      out: saved.attn,
      lse: saved.lse,
      gradOut: grads.attn,
      stats: grads.attnStats,
      gradQ: grads.q,
      gradK: grads.k,
      gradV: grads.v,
      heads,
      kvHeads,
      headDim,
    }),
    ...rotate(pass, d, grads, true),
  ];
}
