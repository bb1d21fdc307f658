/**
 * What a GGUF's metadata says of its model, as the fields of a config.json. Keys: docs/gguf.md and constants.py of
 * gguf-py.
 */
import { ModelError } from '../../shared/errors';
import { message } from '../../shared/message';
import { type GgufForm, GGUF_FORMS } from '../family';
import type { GgufHead, GgufValue } from './container';

/** Fields of most families, by their keys behind the architecture's name. */
const FIELDS = {
  num_hidden_layers: 'block_count',
  hidden_size: 'embedding_length',
  intermediate_size: 'feed_forward_length',
  num_attention_heads: 'attention.head_count',
  num_key_value_heads: 'attention.head_count_kv',
  head_dim: 'attention.key_length',
  rms_norm_eps: 'attention.layer_norm_rms_epsilon',
  rope_theta: 'rope.freq_base',
  max_position_embeddings: 'context_length',
} as const;

/** What each pair's angle is divided by: of llama3's scaling, and of longrope's within the context of the training. */
export const ROPE_TABLES = ['rope_freqs.weight', 'rope_factors_short.weight'] as const;

/** @throws {ModelError} for an architecture that no family has */
export function formOf({ metadata }: Pick<GgufHead, 'metadata'>): GgufForm & { name: string } {
  const name = metadata.get('general.architecture');
  const form = typeof name === 'string' && GGUF_FORMS.get(name);
  if (!form)
    throw new ModelError(
      message('hub.ggufArchitecture', { name: String(name).slice(0, 60), known: [...GGUF_FORMS.keys()].join(', ') }),
    );
  return { ...form, name: name as string };
}

/**
 * The fields of a config.json.
 * @throws {ModelError} for an architecture that is not known here, or RoPE that is stretched in a way that is not read
 */
export function configOf(file: GgufHead): Record<string, unknown> {
  const { name, modelType = name, fields: own, share } = formOf(file);
  const { metadata, tensors } = file;
  const at = (key: string): GgufValue | undefined => metadata.get(`${name}.${key}`);
  const fields: Record<string, unknown> = {};
  for (const [field, key] of Object.entries({ ...FIELDS, ...own })) {
    const value = at(key);
    // What was 1e-5 is 9.99999975e-6 in f32.
    if (value !== undefined) fields[field] = typeof value === 'number' ? Number(value.toPrecision(7)) : value;
  }
  // "No window" is 0 there.
  if (fields.sliding_window === 0) fields.sliding_window = null;
  const size = Number(
    at('attention.key_length') ?? Number(at('embedding_length')) / Number(at('attention.head_count')),
  );
  const turned = at('rope.dimension_count');
  if (share !== undefined && typeof turned === 'number') fields[share] = turned / size;
  // Beyond the context of the training, longrope turns by other factors.
  const trained = at('rope.scaling.original_context_length');
  if (tensors.has('rope_factors_short.weight') && trained !== undefined) fields.max_position_embeddings = trained;
  return {
    model_type: modelType,
    vocab_size: tensors.get('token_embd.weight')?.shape[0],
    tie_word_embeddings: !tensors.has('output.weight'),
    bos_token_id: metadata.get('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: metadata.get('tokenizer.ggml.eos_token_id') ?? null,
    ...stretched(file, at),
    ...fields,
  };
}

/** `rope_scaling`; nothing where a table in the file says it all. */
function stretched({ tensors }: Pick<GgufHead, 'tensors'>, at: (key: string) => GgufValue | undefined) {
  const scaling = at('rope.scaling.type') ?? 'none';
  if (scaling === 'none' || ROPE_TABLES.some((table) => tensors.has(table))) return {};
  if (scaling === 'linear') return { rope_scaling: { rope_type: 'linear', factor: at('rope.scaling.factor') } };
  throw new ModelError(message('hub.ggufRope', { scaling: String(scaling).slice(0, 60) }));
}
