/**
 * GPT-2 and DistilGPT-2: learned positions, LayerNorm, q, k and v in one module, weights stored the other way round.
 */
import type { Columns, LayerDescription } from '../../shared/model';
import {
  layerNorm,
  linear,
  plainAttention,
  plainEmbedding,
  plainHead,
  plainMlp,
  readActivation,
  readSizes,
  readTokens,
} from '../decoder';
import type { Family } from '../family';

const NAMES = { width: 'n_embd', layers: 'n_layer', heads: 'n_head', inner: 'n_inner', context: 'n_positions' };

export const family: Family = {
  modelTypes: ['gpt2'],
  gguf: {
    gpt2: {
      fields: {
        n_embd: 'embedding_length',
        n_layer: 'block_count',
        n_head: 'attention.head_count',
        n_inner: 'feed_forward_length',
        n_positions: 'context_length',
        layer_norm_epsilon: 'attention.layer_norm_epsilon',
      },
    },
  },
  read: (f, type) => {
    f.only('scale_attn_weights', true);
    f.only('scale_attn_by_inverse_layer_idx', false);
    f.only('add_cross_attention', false);
    const usual = { inner: 4 * f.int('n_embd', 1, 8192), context: 1024 };
    const sizes = readSizes(f, { names: NAMES, usual });
    const { width, inner, vocab, context } = sizes;
    const eps = f.number('layer_norm_epsilon', 1e-12, 1, 1e-5);
    const activation = readActivation(f, 'activation_function', 'gelu_new');
    const conv = { bias: true, inOut: true };
    const part = (i: number): Columns => ({ first: i * width, groups: 1, width, stride: width });
    const layers = Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
      const path = `transformer.h.${l}`;
      return {
        attention: {
          ...plainAttention(sizes),
          rope: null,
          norm: layerNorm(`${path}.ln_1`, eps),
          input: {
            linears: [linear(`${path}.attn.c_attn`, width, 3 * width, conv)],
            fused: [part(0), part(1), part(2)],
          },
          output: linear(`${path}.attn.c_proj`, width, width, conv),
        },
        mlp: plainMlp({
          norm: layerNorm(`${path}.ln_2`, eps),
          up: linear(`${path}.mlp.c_fc`, width, inner, conv),
          down: linear(`${path}.mlp.c_proj`, inner, width, conv),
          activation,
        }),
        parallel: false,
        residualScale: 1,
      };
    });
    return {
      family: type,
      width,
      vocab,
      context,
      embedding: {
        ...plainEmbedding('transformer.wte'),
        positions: { path: 'transformer.wpe', rows: context, offset: 0 },
      },
      ropes: [],
      layers,
      finalNorm: layerNorm('transformer.ln_f', eps),
      head: plainHead('lm_head', f.flag('tie_word_embeddings', true)),
      ...readTokens(f, vocab),
    };
  },
};
