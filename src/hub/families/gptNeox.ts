/**
 * GPT-NeoX and Pythia: q, k and v of each head side by side in one module, both halves side by side, a share of RoPE.
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
import { readRope } from '../rope';

export const family: Family = {
  modelTypes: ['gpt_neox'],
  gguf: {
    gptneox: {
      modelType: 'gpt_neox',
      share: 'rotary_pct',
      fields: {
        layer_norm_eps: 'attention.layer_norm_epsilon',
        rotary_emb_base: 'rope.freq_base',
        use_parallel_residual: 'use_parallel_residual',
      },
    },
  },
  read: (f, type) => {
    f.only('attention_bias', true);
    const sizes = readSizes(f);
    const { width, inner, vocab, context, heads, headDim } = sizes;
    const eps = f.number('layer_norm_eps', 1e-12, 1, 1e-5);
    const activation = readActivation(f, 'hidden_act', 'gelu');
    const parallel = f.flag('use_parallel_residual', true);
    const bias = true;
    const ofHead = (i: number): Columns => ({ first: i * headDim, groups: heads, width: headDim, stride: 3 * headDim });
    const layers = Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
      const path = `gpt_neox.layers.${l}`;
      return {
        attention: {
          ...plainAttention(sizes),
          norm: layerNorm(`${path}.input_layernorm`, eps),
          input: {
            linears: [linear(`${path}.attention.query_key_value`, width, 3 * width, { bias })],
            fused: [ofHead(0), ofHead(1), ofHead(2)],
          },
          output: linear(`${path}.attention.dense`, width, width, { bias }),
        },
        mlp: plainMlp({
          norm: layerNorm(`${path}.post_attention_layernorm`, eps),
          up: linear(`${path}.mlp.dense_h_to_4h`, width, inner, { bias }),
          down: linear(`${path}.mlp.dense_4h_to_h`, inner, width, { bias }),
          activation,
        }),
        parallel,
        residualScale: 1,
      };
    });
    return {
      family: type,
      width,
      vocab,
      context,
      embedding: plainEmbedding('gpt_neox.embed_in'),
      ropes: [readRope(f, headDim, { share: 0.25, thetaField: 'rotary_emb_base', shareField: 'rotary_pct' })],
      layers,
      finalNorm: layerNorm('gpt_neox.final_layer_norm', eps),
      head: plainHead('embed_out', f.flag('tie_word_embeddings', false)),
      ...readTokens(f, vocab),
    };
  },
};
