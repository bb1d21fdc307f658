/**
 * Vision transformers that classify pictures: patches in the place of tokens, full attention, LayerNorm before the
 * halves.
 */
import type { LayerDescription } from '../../shared/model';
import { pictureTokens } from '../../shared/pictures';
import { readLabels } from '../classes';
import { layerNorm, linear, plainAttention, plainMlp, readActivation, readSizes } from '../decoder';
import type { Family } from '../family';
import { readPatches } from '../pictures';

export const family: Family = {
  modelTypes: ['vit'],
  read: (f, type) => {
    const patches = readPatches(f);
    // What a text has of these is given by the picture's size.
    const tokens = pictureTokens(patches);
    const sizes = readSizes(f, { fixed: { vocab: tokens, context: tokens } });
    const { width, inner, heads, headDim } = sizes;
    const eps = f.number('layer_norm_eps', 1e-12, 1, 1e-12);
    const activation = readActivation(f, 'hidden_act', 'gelu');
    const bias = f.flag('qkv_bias', true);
    const layers = Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
      const at = (path: string) => `vit.encoder.layer.${l}.${path}`;
      // Files keep these names; transformers has had others for its modules since 5.9.
      const module = (path: string, peft: string, shape: [number, number], bias = true) =>
        linear(at(path), ...shape, { bias, peft: `vit.layers.${l}.${peft}` });
      return {
        attention: {
          ...plainAttention(sizes),
          causal: false,
          rope: null,
          norm: layerNorm(at('layernorm_before'), eps),
          input: {
            linears: ['query', 'key', 'value'].map((name) =>
              module(`attention.attention.${name}`, `attention.${name[0]}_proj`, [width, heads * headDim], bias),
            ),
            fused: null,
          },
          output: module('attention.output.dense', 'attention.o_proj', [heads * headDim, width]),
        },
        mlp: plainMlp({
          norm: layerNorm(at('layernorm_after'), eps),
          up: module('intermediate.dense', 'mlp.fc1', [width, inner]),
          down: module('output.dense', 'mlp.fc2', [inner, width]),
          activation,
        }),
        parallel: false,
        residualScale: 1,
      };
    });
    const labels = readLabels(f);
    return {
      family: type,
      width,
      vocab: tokens,
      context: tokens,
      embedding: {
        path: 'vit.embeddings',
        scale: 1,
        positions: null,
        tokenTypes: null,
        patches: {
          ...patches,
          path: 'vit.embeddings.patch_embeddings.projection',
          classToken: 'vit.embeddings.cls_token',
          positions: 'vit.embeddings.position_embeddings',
        },
        norm: null,
      },
      ropes: [],
      layers,
      finalNorm: layerNorm('vit.layernorm', eps),
      head: {
        kind: 'classes',
        labels,
        reads: 'first',
        dense: null,
        classifier: linear('classifier', width, labels.length, { bias: true }),
      },
      bosId: null,
      eosIds: [],
    };
  },
};
