/** Attention between its projections: norms of the heads, rotation, the cache, scores and their sums. */
import type { AttentionDescription, ModelDescription, NormDescription } from '../../../shared/model';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { type Heads, attention, attentionBackward } from '../../kernels/attention/attention';
import { copyToCache } from '../../kernels/copyToCache/copyToCache';
import { rope } from '../../kernels/rope/rope';
import { type GradActivations, type LayerActivations, headWidths } from '../activations';
import type { Half } from './half';
import { normBackward, normForward } from './norm';
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
    parts: [saved.rawQ ?? saved.q, saved.rawK ?? saved.k, saved.v],
    gradParts: () => [grads().rawQ ?? grads().q, grads().rawK ?? grads().k, grads().v],
    out: saved.attn,
    gradOut: () => grads().attn,
    forward: () => forward(pass, description, layer, saved),
    kept: true,
    backward: () => backward(pass, description, saved, grads()),
  };
}

const headsOf = ({ heads, kvHeads, headDim, scale, causal, window, softcap }: AttentionDescription): Heads => ({
  heads,
  kvHeads,
  headDim,
  scale,
  ...(causal ? {} : { causal }),
  ...(window === null ? {} : { window }),
  ...(softcap === null ? {} : { softcap }),
});

/** What the kernels of the model's attention are made for: each kind that its layers have, once. */
export function attentionKinds({ layers }: Pick<ModelDescription, 'layers'>): Heads[] {
  const kinds = layers.map(({ attention: description }) => headsOf(description));
  return [...new Map(kinds.map((heads) => [JSON.stringify(heads), heads])).values()];
}

/** Rotates queries and keys in place, or back. */
function rotate(pass: Pass, d: AttentionDescription, { q, k }: Pick<Saved, 'q' | 'k'>, inverse: boolean): Op[] {
  if (d.rope === null) return [];
  const { rows, meta } = pass.batch;
  const common = {
    rows,
    meta,
    table: pass.ropeTables[d.rope],
    headDim: d.headDim,
    rotary: pass.config.ropes[d.rope].rotary,
    inverse,
  };
  return [
    rope(pass.device, { ...common, x: q, heads: d.heads }),
    rope(pass.device, { ...common, x: k, heads: d.kvHeads }),
  ];
}

/** Queries or keys that are normed head by head: what the projection made, and what is kept of it. */
interface Normed {
  norm: NormDescription;
  groups: number;
  raw: Tensor;
  stats: Tensor;
  out: 'q' | 'k';
}

const normedHeads = ({ qNorm, kNorm, heads, kvHeads }: AttentionDescription, saved: Saved): Normed[] => [
  ...(qNorm ? [{ norm: qNorm, groups: heads, raw: saved.rawQ!, stats: saved.qStats!, out: 'q' as const }] : []),
  ...(kNorm ? [{ norm: kNorm, groups: kvHeads, raw: saved.rawK!, stats: saved.kStats!, out: 'k' as const }] : []),
];

/** From q, k and v to `attn`, the input of the output module. */
function forward(pass: Pass, d: AttentionDescription, layer: number, saved: Saved): Op[] {
  const { rows, meta } = pass.batch;
  const cache = pass.cache?.[layer];
  const width = headWidths(d).kv;
  return [
    ...normedHeads(d, saved).flatMap(({ norm, groups, raw, stats, out }) =>
      normForward(pass, norm, { rows, x: raw, out: saved[out], stats, width: d.headDim, groups }),
    ),
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
      ...headsOf(d),
    }),
  ];
}

/** From `grads.attn` to the gradients of q, k and v as the projections made them. */
function backward(pass: Pass, d: AttentionDescription, saved: Saved, grads: Grads): Op[] {
  const { rows, meta } = pass.batch;
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
      ...headsOf(d),
    }),
    ...rotate(pass, d, grads, true),
    ...normedHeads(d, saved).flatMap(({ norm, groups, raw, stats, out }) =>
      normBackward(pass, norm, {
        rows,
        x: raw,
        stats,
        gradOut: grads[out],
        gradX: (out === 'q' ? grads.rawQ : grads.rawK)!,
        width: d.headDim,
        groups,
        accumulate: false,
      }),
    ),
  ];
}
