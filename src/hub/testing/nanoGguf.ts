/** The embedded nano model as llama.cpp writes it: a GGUF with its configuration, its tokenizer and its weights. */
import { readFileSync } from 'node:fs';
import { readSafetensors } from '../safetensors';
import { type TensorParts, gguf } from './gguf';

export const NANO = 'public/models/sieve-stories-nano';

const NAMES: [RegExp, string][] = [
  [/^model\.embed_tokens\./, 'token_embd.'],
  [/^model\.norm\./, 'output_norm.'],
  [/^model\.layers\.(\d+)\.input_layernorm\./, 'blk.$1.attn_norm.'],
  [/^model\.layers\.(\d+)\.post_attention_layernorm\./, 'blk.$1.ffn_norm.'],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj\./, 'blk.$1.attn_output.'],
  [/^model\.layers\.(\d+)\.self_attn\.(q|k|v)_proj\./, 'blk.$1.attn_$2.'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj\./, 'blk.$1.ffn_$2.'],
];

const json = (name: string) => JSON.parse(readFileSync(`${NANO}/${name}`, 'utf8')) as Record<string, unknown>;

/** Rows in the order of interleaved RoPE: of each head [2, half] becomes [half, 2]. */
function neighbours(data: Float32Array, [rows, width]: number[], heads: number): Float32Array {
  const size = rows / heads;
  const out = data.slice();
  for (let row = 0; row < rows; row++) {
    const [head, part, i] = [Math.floor(row / size), Math.floor(((row % size) * 2) / size), row % (size / 2)];
    out.set(data.subarray(row * width, (row + 1) * width), (head * size + 2 * i + part) * width);
  }
  return out;
}

/** Blocks of 32: a scale in f16, here a power of two, and 32 signed bytes. */
function q8(data: Float32Array): Uint8Array {
  const out = new Uint8Array((data.length / 32) * 34);
  for (let b = 0; b < data.length / 32; b++) {
    const block = data.subarray(32 * b, 32 * b + 32);
    const exponent = Math.ceil(Math.log2(Math.max(1e-4, ...block.map(Math.abs)) / 127));
    out[34 * b + 1] = (exponent + 15) << 2;
    block.forEach((x, i) => {
      out[34 * b + 2 + i] = Math.round(x / 2 ** exponent);
    });
  }
  return out;
}

/** @param type of the matrices whose rows are whole blocks; the others, and the norms, stay f32 */
export function nanoGguf(type: 'F32' | 'Q8_0'): Uint8Array<ArrayBuffer> {
  const config = json('config.json') as Record<string, number>;
  const { num_attention_heads: heads, num_key_value_heads: kvHeads } = config;
  const weights = readSafetensors(readFileSync(`${NANO}/model.safetensors`));
  const tensors = weights.names.map((name): TensorParts => {
    const { shape, data } = weights.get(name);
    const kind = /\.(q|k)_proj\./.exec(name)?.[1];
    const values = kind ? neighbours(data, shape, kind === 'q' ? heads : kvHeads) : data;
    const [from, to] = NAMES.find(([pattern]) => pattern.test(name))!;
    const blocks = type === 'Q8_0' && shape.length === 2 && shape[1] % 32 === 0;
    const bytes = blocks ? q8(values) : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { name: name.replace(from, to), shape, type: blocks ? 8 : 0, bytes };
  });
  return gguf({ ...configured(config), ...tokenizer() }, tensors);
}

const configured = (config: Record<string, number>) => ({
  'general.architecture': 'llama',
  'llama.block_count': config.num_hidden_layers,
  'llama.embedding_length': config.hidden_size,
  'llama.feed_forward_length': config.intermediate_size,
  'llama.attention.head_count': config.num_attention_heads,
  'llama.attention.head_count_kv': config.num_key_value_heads,
  'llama.attention.layer_norm_rms_epsilon': config.rms_norm_eps,
  'llama.rope.freq_base': Float32Array.of(config.rope_theta),
  'llama.context_length': config.max_position_embeddings,
});

function tokenizer(): Record<string, unknown> {
  const { model, added_tokens: added } = json('tokenizer.json') as {
    model: { vocab: Record<string, number>; merges: (string | string[])[] };
    added_tokens: { id: number; content: string }[];
  };
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token;
  for (const { id, content } of added) tokens[id] = content;
  const special = new Set(added.map(({ id }) => id));
  const end = tokens.indexOf('<|endoftext|>');
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': Int32Array.from(tokens, (_, id) => (special.has(id) ? 3 : 1)),
    'tokenizer.ggml.merges': model.merges.map((m) => (Array.isArray(m) ? m.join(' ') : m)),
    'tokenizer.ggml.bos_token_id': end,
    'tokenizer.ggml.eos_token_id': end,
    'tokenizer.ggml.add_bos_token': true,
  };
}
