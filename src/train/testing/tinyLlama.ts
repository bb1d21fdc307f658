import { readModel } from '../../hub/family';
import type { ModelDescription } from '../../shared/model';

/** Sizes of a Llama, as fixtures have them. */
export interface LlamaSizes {
  layers: number;
  dModel: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  ffn: number;
  vocab: number;
  context: number;
  ropeTheta: number;
  rmsEps: number;
  tied: boolean;
}

/** A Llama of these sizes, whose token 0 begins and ends a text. */
export const llamaOf = (c: LlamaSizes): ModelDescription =>
  readModel({
    model_type: 'llama',
    num_hidden_layers: c.layers,
    hidden_size: c.dModel,
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    head_dim: c.headDim,
    intermediate_size: c.ffn,
    vocab_size: c.vocab,
    max_position_embeddings: c.context,
    rope_theta: c.ropeTheta,
    rms_norm_eps: c.rmsEps,
    tie_word_embeddings: c.tied,
    bos_token_id: 0,
    eos_token_id: 0,
  });

/** The embedded nano model's widths, in two layers, with a small vocabulary: where only shapes count. */
export const TINY_LLAMA = llamaOf({
  layers: 2,
  dModel: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  ffn: 160,
  vocab: 256,
  context: 64,
  ropeTheta: 10_000,
  rmsEps: 1e-5,
  tied: true,
});
