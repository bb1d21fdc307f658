/** OPT: learned positions from the third row of their table on, biases everywhere, norms before the halves. */
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

/** Rows of the table of positions that no token has. */
const OFFSET = 2;
/** The models' norms have PyTorch's own. */
const EPS = 1e-5;

export const family: Family = {
  modelTypes: ['opt'],
  read: (f, type) => {
    const sizes = readSizes(f, { names: { inner: 'ffn_dim' } });
    const { width, inner, vocab, context } = sizes;
    // OPT-350M: norms after the halves, and embeddings narrower than the layers.
    f.only('do_layer_norm_before', true);
    f.only('_remove_final_layer_norm', false);
    f.only('word_embed_proj_dim', width);
    f.only('enable_bias', true);
    f.only('layer_norm_elementwise_affine', true);
    const activation = readActivation(f, 'activation_function', 'relu');
    const bias = true;
    const layers = Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
      const path = `model.decoder.layers.${l}`;
      const module = (name: string) => linear(`${path}.self_attn.${name}`, width, width, { bias });
      return {
        attention: {
          ...plainAttention(sizes),
          rope: null,
          norm: layerNorm(`${path}.self_attn_layer_norm`, EPS),
          input: { linears: ['q_proj', 'k_proj', 'v_proj'].map(module), fused: null },
          output: module('out_proj'),
        },
        mlp: plainMlp({
          norm: layerNorm(`${path}.final_layer_norm`, EPS),
          up: linear(`${path}.fc1`, width, inner, { bias }),
          down: linear(`${path}.fc2`, inner, width, { bias }),
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
        ...plainEmbedding('model.decoder.embed_tokens'),
        positions: { path: 'model.decoder.embed_positions', rows: context + OFFSET, offset: OFFSET },
      },
      ropes: [],
      layers,
      finalNorm: layerNorm('model.decoder.final_layer_norm', EPS),
      head: plainHead('lm_head', f.flag('tie_word_embeddings', true)),
      ...readTokens(f, vocab),
    };
  },
};
