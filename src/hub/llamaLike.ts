/**
 * A decoder with the layout and the names of Hugging Face's Llama: RMS norms before each half, separate projections, RoPE, a
 * gated MLP. Families that follow it say only what they change.
 */
import { message } from '../shared/message';
import type { AttentionDescription, LayerDescription, MlpDescription, ModelDescription } from '../shared/model';
import { type DecoderSizes, linear, plainAttention, readRope, readSizes, readTokens, rmsNorm } from './decoder';
import { type Fields, refuse } from './fields';

/** What a family changes. */
export interface LlamaChanges {
  sizes?: DecoderSizes;
  eps?: number;
  tied?: boolean;
  /** Of the attention of layer `layer`, whose modules are at `path`. */
  attention?: (layer: number, path: string, sizes: DecoderSizes) => Partial<AttentionDescription>;
  mlp?: (layer: number, path: string, sizes: DecoderSizes) => Partial<MlpDescription>;
  layer?: Partial<Omit<LayerDescription, 'attention' | 'mlp'>>;
  model?: Partial<ModelDescription>;
}

/** @throws {ModelError} naming the first thing that is missing, out of bounds or not supported */
export function llamaLike(f: Fields, family: string, changes: LlamaChanges = {}): ModelDescription {
  f.only('hidden_act', 'silu');
  if (f.number('pretraining_tp', 0, 1024, 1) > 1) refuse(message('hub.configHas.pretrainingTp'));
  const sizes = changes.sizes ?? readSizes(f);
  const { width, inner, vocab, context, heads, kvHeads, headDim } = sizes;
  const [q, kv] = [heads * headDim, kvHeads * headDim];
  const eps = changes.eps ?? f.number('rms_norm_eps', 1e-12, 1, 1e-6);
  const layers = Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
    const path = `model.layers.${l}`;
    const [attention, mlp] = [`${path}.self_attn`, `${path}.mlp`];
    return {
      attention: {
        ...plainAttention(sizes),
        norm: rmsNorm(`${path}.input_layernorm`, eps),
        input: {
          linears: [
            linear(`${attention}.q_proj`, width, q),
            linear(`${attention}.k_proj`, width, kv),
            linear(`${attention}.v_proj`, width, kv),
          ],
          fused: null,
        },
        output: linear(`${attention}.o_proj`, q, width),
        ...changes.attention?.(l, attention, sizes),
      },
      mlp: {
        norm: rmsNorm(`${path}.post_attention_layernorm`, eps),
        input: {
          linears: [linear(`${mlp}.gate_proj`, width, inner), linear(`${mlp}.up_proj`, width, inner)],
          fused: null,
        },
        activation: 'silu',
        gated: true,
        inner,
        output: linear(`${mlp}.down_proj`, inner, width),
        after: null,
        ...changes.mlp?.(l, mlp, sizes),
      },
      parallel: false,
      residualScale: 1,
      ...changes.layer,
    };
  });
  return {
    family,
    width,
    vocab,
    context,
    embedding: { path: 'model.embed_tokens', scale: 1, positions: null },
    ropes: [readRope(f, headDim)],
    layers,
    finalNorm: rmsNorm('model.norm', eps),
    head: {
      path: 'lm_head',
      tied: f.flag('tie_word_embeddings', changes.tied ?? false),
      bias: false,
      scale: 1,
      softcap: null,
    },
    ...readTokens(f, vocab),
    ...changes.model,
  };
}
