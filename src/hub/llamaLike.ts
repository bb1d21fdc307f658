/**
 * A decoder with the layout and the names of Hugging Face's Llama: RMS norms before each half, separate projections,
 * RoPE, a gated MLP. Families that follow it say only what they change.
 */
import type { ActivationKind } from '../shared/layers';
import { message } from '../shared/message';
import type { AttentionDescription, Decoder, LayerDescription, MlpDescription } from '../shared/model';
import {
  type DecoderSizes,
  linear,
  plainAttention,
  plainEmbedding,
  plainHead,
  readSizes,
  readTokens,
  rmsNorm,
} from './decoder';
import { type Fields, refuse } from './fields';
import { type RopeNames, readRope } from './rope';

/** What a family changes. */
export interface LlamaChanges {
  sizes?: DecoderSizes;
  eps?: number;
  tied?: boolean;
  rope?: RopeNames;
  /** Norms multiply with 1 + weight. */
  plusOne?: boolean;
  /** Where `hidden_act` does not name it. */
  activation?: ActivationKind;
  /** Of the attention of layer `layer`, whose modules are at `path`. */
  attention?: (layer: number, path: string, sizes: DecoderSizes) => Partial<AttentionDescription>;
  mlp?: (layer: number, path: string, sizes: DecoderSizes) => Partial<MlpDescription>;
  layer?: Partial<Omit<LayerDescription, 'attention' | 'mlp'>>;
}

/** @throws {ModelError} naming the first thing that is missing, out of bounds or not supported */
export function llamaLike(f: Fields, family: string, changes: LlamaChanges = {}): Decoder {
  if (!changes.activation) f.only('hidden_act', 'silu');
  if (f.number('pretraining_tp', 0, 1024, 1) > 1) refuse(message('hub.configHas.pretrainingTp'));
  const sizes = changes.sizes ?? readSizes(f);
  const { width, inner, vocab, context, heads, kvHeads, headDim } = sizes;
  const [q, kv] = [heads * headDim, kvHeads * headDim];
  const eps = changes.eps ?? f.number('rms_norm_eps', 1e-12, 1, 1e-6);
  const norm = (path: string) => rmsNorm(path, eps, changes.plusOne);
  const layers = Array.from({ length: sizes.layers }, (_, l): LayerDescription => {
    const path = `model.layers.${l}`;
    const [attention, mlp] = [`${path}.self_attn`, `${path}.mlp`];
    return {
      attention: {
        ...plainAttention(sizes),
        norm: norm(`${path}.input_layernorm`),
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
        norm: norm(`${path}.post_attention_layernorm`),
        input: {
          linears: [linear(`${mlp}.gate_proj`, width, inner), linear(`${mlp}.up_proj`, width, inner)],
          fused: null,
        },
        activation: changes.activation ?? 'silu',
        gated: true,
        inner,
        output: linear(`${mlp}.down_proj`, inner, width),
        after: null,
        post: null,
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
    embedding: plainEmbedding('model.embed_tokens'),
    ropes: [readRope(f, headDim, changes.rope)],
    layers,
    finalNorm: norm('model.norm'),
    head: plainHead('lm_head', f.flag('tie_word_embeddings', changes.tied ?? false)),
    ...readTokens(f, vocab),
  };
}
