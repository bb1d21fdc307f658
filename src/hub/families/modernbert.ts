/**
 * ModernBERT: windows on most layers, RoPE with two bases, LayerNorm before the halves, gated MLP, fused projections.
 */
import type { LayerDescription, NormDescription } from '../../shared/model';
import { layerNorm, linear, plainAttention, plainEmbedding, readActivation, readSizes } from '../decoder';
import { classHead, fusedProjection } from '../encoder';
import type { Family } from '../family';
import type { Fields } from '../fields';
import { readRope } from '../rope';
import { readSliding } from '../windows';

/** A query's window reaches this far to either side, itself not counted. */
const reach = (f: Fields): number => Math.floor(f.int('local_attention', 2, 2 ** 24, 128) / 2);

export const family: Family = {
  modelTypes: ['modernbert'],
  read: (f, type) => {
    const sizes = readSizes(f, { usual: { context: 8192 } });
    const { width, inner, heads, headDim, vocab, context } = sizes;
    const eps = f.number('norm_eps', 1e-12, 1, 1e-5);
    const normBias = f.flag('norm_bias', false);
    const norm = (path: string): NormDescription => layerNorm(path, eps, normBias);
    const bias = { attention: f.flag('attention_bias', false), mlp: f.flag('mlp_bias', false) };
    const every = f.int('global_attn_every_n_layers', 1, 128, 3);
    const sliding = readSliding(f, (layer) => layer % every !== 0);
    const activation = readActivation(f, 'hidden_activation', 'gelu');
    const base = (layerType: string, theta: number, thetaField: string) =>
      readRope(f, headDim, { layerType, theta, thetaField, scaled: false });
    const layers = sliding.map((slides, l): LayerDescription => {
      const at = (path: string) => `model.layers.${l}.${path}`;
      return {
        attention: {
          ...plainAttention(sizes),
          causal: false,
          rope: slides ? 1 : 0,
          window: slides ? reach(f) + 1 : null,
          norm: l === 0 ? null : norm(at('attn_norm')),
          input: fusedProjection(at('attn.Wqkv'), width, Array(3).fill(heads * headDim), bias.attention),
          output: linear(at('attn.Wo'), heads * headDim, width, { bias: bias.attention }),
        },
        mlp: {
          norm: norm(at('mlp_norm')),
          input: fusedProjection(at('mlp.Wi'), width, [inner, inner], bias.mlp),
          activation,
          gated: true,
          inner,
          output: linear(at('mlp.Wo'), inner, width, { bias: bias.mlp }),
          after: null,
          post: null,
        },
        parallel: false,
        residualScale: 1,
      };
    });
    const pooling = f.get('classifier_pooling') ?? 'cls';
    if (pooling !== 'mean') f.only('classifier_pooling', 'cls');
    const dense = linear('head.dense', width, width, { bias: f.flag('classifier_bias', false) });
    return {
      family: type,
      width,
      vocab,
      context,
      embedding: { ...plainEmbedding('model.embeddings.tok_embeddings'), norm: norm('model.embeddings.norm') },
      ropes: [
        base('full_attention', 160_000, 'global_rope_theta'),
        base('sliding_attention', 10_000, 'local_rope_theta'),
      ],
      layers,
      finalNorm: norm('model.final_norm'),
      head: {
        ...classHead(f, {
          path: 'classifier',
          dense: {
            linear: dense,
            activation: readActivation(f, 'classifier_activation', 'gelu'),
            norm: norm('head.norm'),
            trained: false,
          },
        }),
        reads: pooling === 'mean' ? 'mean' : 'first',
      },
      bosId: null,
      eosIds: [],
    };
  },
};
