/** Model shapes that are measured with random weights. */
import { readModel } from '../src/hub/family';

/** SmolLM2-135M's: 30 blocks, 9 query and 3 key heads of 64. */
export const smollm = readModel({
  model_type: 'llama',
  num_hidden_layers: 30,
  hidden_size: 576,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  intermediate_size: 1536,
  vocab_size: 49152,
  max_position_embeddings: 2048,
  rope_theta: 100_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: 1,
  eos_token_id: 2,
});
