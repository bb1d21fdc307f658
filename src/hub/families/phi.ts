/**
 * Phi-1, Phi-1.5 and Phi-2: layers with one LayerNorm before both halves side by side, biases everywhere, a share of
 * RoPE.
 */
import type { LayerDescription } from '../../shared/model';
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
import { readRope } from '../rope';

export const family: Family = {
  modelTypes: ['phi'],
  gguf: {
    phi2: {
      modelType: 'phi',
      share: 'partial_rotary_factor',
      fields: { layer_norm_eps: 'attention.layer_norm_epsilon' },
    },
  },
  read: (f, type) => {
    f.only('qk_layernorm', false);
    const sizes = readSizes(f);
    const { width, inner, vocab, context, heads, kvHeads, headDim } = sizes;
    const eps = f.number('layer_norm_eps', 1e-12, 1, 1e-5);
    const activation = readActivation(f, 'hidden_act', 'gelu_new');
    const bias = true;
    const [q, kv] = [heads * headDim, kvHeads * headDim];
    const layers = Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
      const path = `model.layers.${l}`;
      const norm = layerNorm(`${path}.input_layernorm`, eps);
      return {
        attention: {
          ...plainAttention(sizes),
          norm,
          input: {
            linears: [
              linear(`${path}.self_attn.q_proj`, width, q, { bias }),
              linear(`${path}.self_attn.k_proj`, width, kv, { bias }),
              linear(`${path}.self_attn.v_proj`, width, kv, { bias }),
            ],
            fused: null,
          },
          output: linear(`${path}.self_attn.dense`, q, width, { bias }),
        },
        mlp: plainMlp({
          norm,
          up: linear(`${path}.mlp.fc1`, width, inner, { bias }),
          down: linear(`${path}.mlp.fc2`, inner, width, { bias }),
          activation,
        }),
        parallel: true,
        residualScale: 1,
      };
    });
    return {
      family: type,
      width,
      vocab,
      context,
      embedding: plainEmbedding('model.embed_tokens'),
      ropes: [readRope(f, headDim, { share: 0.5 })],
      layers,
      finalNorm: layerNorm('model.final_layernorm', eps),
      head: plainHead('lm_head', f.flag('tie_word_embeddings', false), bias),
      ...readTokens(f, vocab),
    };
  },
};
