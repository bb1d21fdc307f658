/**
 * Gemma 2 and 3 (text): a Llama with a norm before and after each half, whose norms multiply with 1 + weight;
 * embeddings multiplied with √width; windows on some layers. Gemma 2 holds scores and logits by tanh, Gemma 3 has a
 * norm on each head of q and k, and another RoPE on layers with a window.
 */
import { message } from '../../shared/message';
import { readActivation, readSizes, rmsNorm } from '../decoder';
import type { Family } from '../family';
import { type Fields, refuse } from '../fields';
import { llamaLike } from '../llamaLike';
import { readRope } from '../rope';
import { readSliding, readWindows } from '../windows';

/** A window on all layers but every `pattern`-th. */
const slidesBy = (pattern: number) => (layer: number) => (layer + 1) % pattern !== 0;

/** @param usual what a file without the field means */
const cap = (f: Fields, field: string, usual: number | null): number | null =>
  f.orNone(field, usual, (key) => f.number(key, 1e-3, 1e6));

/** llama.cpp scales scores by the width of a head, as models below 27 billion values do. */
const GGUF_FIELDS = {
  sliding_window: 'attention.sliding_window',
  query_pre_attn_scalar: 'attention.key_length',
  final_logit_softcapping: 'final_logit_softcapping',
};

export const family: Family = {
  modelTypes: ['gemma2', 'gemma3_text'],
  gguf: {
    gemma2: { fields: { ...GGUF_FIELDS, attn_logit_softcapping: 'attn_logit_softcapping' } },
    gemma3: {
      modelType: 'gemma3_text',
      fields: {
        ...GGUF_FIELDS,
        rope_local_base_freq: 'rope.freq_base_swa',
        sliding_window_pattern: 'attention.sliding_window_pattern',
      },
    },
  },
  read: (f, type) => {
    if (f.flag('attention_bias', false)) refuse(message('hub.configHas.attentionBias'));
    f.only('use_bidirectional_attention', false);
    const third = type === 'gemma3_text';
    const sizes = readSizes(f, { usual: { headDim: 256, context: third ? 131_072 : 8192 } });
    const eps = f.number('rms_norm_eps', 1e-12, 1, 1e-6);
    const norm = (path: string) => rmsNorm(path, eps, true);
    const usual = slidesBy(third ? f.int('sliding_window_pattern', 1, 1000, 6) : 2);
    const windows = readWindows(f, usual);
    // A layer of that kind has its own RoPE even where there is no window.
    const slides = readSliding(f, usual);
    const model = llamaLike(f, type, {
      sizes,
      eps,
      tied: true,
      plusOne: true,
      activation: readActivation(f, 'hidden_activation', 'gelu_pytorch_tanh'),
      attention: (layer, path) => ({
        window: windows[layer],
        scale: f.number('query_pre_attn_scalar', 1e-3, 1e6, 256) ** -0.5,
        softcap: cap(f, 'attn_logit_softcapping', third ? null : 50),
        after: norm(`model.layers.${layer}.post_attention_layernorm`),
        ...(third ? { qNorm: norm(`${path}.q_norm`), kNorm: norm(`${path}.k_norm`), rope: slides[layer] ? 1 : 0 } : {}),
      }),
      mlp: (layer) => ({
        norm: norm(`model.layers.${layer}.pre_feedforward_layernorm`),
        after: norm(`model.layers.${layer}.post_feedforward_layernorm`),
      }),
      rope: third ? { theta: 1e6, layerType: 'full_attention' } : {},
    });
    const local = readRope(f, sizes.headDim, {
      thetaField: 'rope_local_base_freq',
      layerType: 'sliding_attention',
      scaled: false,
    });
    return {
      ...model,
      ropes: third ? [...model.ropes, local] : model.ropes,
      embedding: { ...model.embedding, scale: Math.sqrt(model.width) },
      head: { ...model.head, softcap: cap(f, 'final_logit_softcapping', third ? null : 30) },
    };
  },
};
