import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../shared/errors';
import { dequantise } from '../../shared/quantised';
import { readSafetensors } from '../safetensors';
import { type TensorParts, gguf, text, u64 } from '../testing/gguf';
import { readGguf } from './container';
import { configOf, ggufWeights } from './model';
import { readTensor } from './types';

/** Random blocks of every type and what gguf-py makes of them: see reference/sieve_ref/gguf_blocks.py. */
const BLOCKS = JSON.parse(readFileSync('src/hub/gguf/testing/blocks.json', 'utf8')) as Record<
  string,
  { type: number; bytes: string; values: string }
>;
const decoded = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

it.each(Object.entries(BLOCKS))('%s is what gguf-py reads, to the last bit', (name, { type, bytes, values }) => {
  const expected = new Float32Array(decoded(values).buffer);
  const file = readGguf(gguf({}, [{ name: 'w', shape: [1, expected.length], type, bytes: decoded(bytes) }]));
  const read = readTensor(file.tensors.get('w')!, file.bytes);
  // Zeros have no sign that counts.
  const plain = (values: Float32Array) => Array.from(values, (x) => x + 0);
  expect(plain('scales' in read ? dequantise(read) : read), name).toEqual(plain(expected));
});

it('metadata of every kind', () => {
  const given = { a: 7, b: -0.5, c: true, d: 'é', e: ['x', '', 'yz'], f: [1, 2, 3], g: [[1], [2, 3]] };
  expect(Object.fromEntries(readGguf(gguf(given)).metadata)).toEqual(given);
});

describe('a damaged file', () => {
  const tensor: TensorParts = { name: 'w', shape: [2, 32], type: 2, bytes: new Uint8Array(36) };
  const whole = gguf({ key: ['a', 'b'] }, [tensor]);
  it('is refused wherever it is cut', () => {
    // The last tensor's padding is nobody's.
    for (let length = 0; length < whole.length - 28; length++) {
      expect(() => {
        const file = readGguf(whole.slice(0, length));
        readTensor(file.tensors.get('w')!, file.bytes);
      }, String(length)).toThrow(ModelError);
    }
  });
  it.each([
    ['a list longer than the file', [...text('k'), 9, 0, 0, 0, 4, 0, 0, 0, ...u64(2 ** 40)]],
    ['a text longer than the file', [...text('k'), 8, 0, 0, 0, ...u64(1000)]],
    ['a length that is no number', [...text('k'), 8, 0, 0, 0, ...new Array<number>(8).fill(255)]],
    ['an unknown type', [...text('k'), 13, 0, 0, 0]],
    ['lists in lists in lists', [...text('k'), ...[1, 1, 1, 1].flatMap((n) => [9, 0, 0, 0, ...u64(n)])]],
  ])('%s', (_, entry) => {
    const head = [...new TextEncoder().encode('GGUF'), 3, 0, 0, 0, ...u64(0), ...u64(1)];
    expect(() => readGguf(Uint8Array.from([...head, ...entry]))).toThrow(ModelError);
  });
  it('tensors that lie outside, or whose rows are no whole blocks', () => {
    const read = (parts: Partial<TensorParts>) => {
      const file = readGguf(gguf({}, [{ ...tensor, ...parts }]));
      return readTensor(file.tensors.get('w')!, file.bytes);
    };
    expect(() => read({ shape: [4, 32] })).toThrow(/outside/);
    expect(() => read({ shape: [3, 20], type: 2 })).toThrow(/blocks of 32/);
    expect(() => read({ type: 19 })).toThrow(/ggml type 19/);
    expect(() => read({ shape: [2 ** 30, 2 ** 30] })).toThrow(/shape/);
  });
});

const NANO = 'public/models/sieve-stories-nano';
const config = JSON.parse(readFileSync(`${NANO}/config.json`, 'utf8')) as Record<string, number>;
const truth = readSafetensors(readFileSync(`${NANO}/model.safetensors`));

/** The nano model as llama.cpp writes it: its names, and rows of q and k in the order of interleaved RoPE. */
function nanoGguf(): Uint8Array {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads = heads, hidden_size: width } = config;
  const names: [RegExp, string][] = [
    [/^model\.embed_tokens\./, 'token_embd.'],
    [/^model\.norm\./, 'output_norm.'],
    [/^lm_head\./, 'output.'],
    [/^model\.layers\.(\d+)\.input_layernorm\./, 'blk.$1.attn_norm.'],
    [/^model\.layers\.(\d+)\.post_attention_layernorm\./, 'blk.$1.ffn_norm.'],
    [/^model\.layers\.(\d+)\.self_attn\.o_proj\./, 'blk.$1.attn_output.'],
    [/^model\.layers\.(\d+)\.self_attn\.(q|k|v)_proj\./, 'blk.$1.attn_$2.'],
    [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj\./, 'blk.$1.ffn_$2.'],
  ];
  const tensors = truth.names.map((name): TensorParts => {
    const { shape, data } = truth.get(name);
    const kind = /\.(q|k)_proj\./.exec(name)?.[1];
    const values = data.slice();
    if (kind) {
      // [heads, 2, half, in] becomes [heads, half, 2, in].
      const size = shape[0] / (kind === 'q' ? heads : kvHeads);
      for (let row = 0; row < shape[0]; row++) {
        const [head, part, i] = [Math.floor(row / size), Math.floor(((row % size) * 2) / size), row % (size / 2)];
        const to = head * size + 2 * i + part;
        values.set(data.subarray(row * shape[1], (row + 1) * shape[1]), to * shape[1]);
      }
    }
    const [from, to] = names.find(([pattern]) => pattern.test(name))!;
    return { name: name.replace(from, to), shape, type: 0, bytes: new Uint8Array(values.buffer) };
  });
  return gguf(
    {
      'general.architecture': 'llama',
      'llama.block_count': config.num_hidden_layers,
      'llama.embedding_length': width,
      'llama.feed_forward_length': config.intermediate_size,
      'llama.attention.head_count': heads,
      'llama.attention.head_count_kv': kvHeads,
      'llama.attention.layer_norm_rms_epsilon': 1e-5,
      'llama.rope.freq_base': config.rope_theta ?? 10000,
      'llama.context_length': config.max_position_embeddings,
    },
    tensors,
  );
}

describe('a Llama in a GGUF', () => {
  const file = readGguf(nanoGguf());
  it('has the fields of its config.json', () => {
    const fields = configOf(file);
    for (const name of ['hidden_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size', 'vocab_size'])
      expect(fields[name], name).toBe(config[name]);
    expect(fields.tie_word_embeddings).toBe(true);
  });
  it('has the weights of its state dict, q and k in their own order', () => {
    const shapes = truth.names.map((name) => ({ name, shape: truth.shape(name) }));
    const weights = ggufWeights(file, shapes);
    for (const { name } of shapes)
      expect(
        Buffer.compare(
          Buffer.from((weights.get(name) as Float32Array).buffer),
          Buffer.from(truth.get(name).data.buffer),
        ),
        name,
      ).toBe(0);
  });
  it('a weight that is missing or has another shape is named', () => {
    expect(() => ggufWeights(file, [{ name: 'lm_head.weight', shape: [1] }])).toThrow(/lm_head\.weight/);
    expect(() => ggufWeights(file, [{ name: 'model.norm.weight', shape: [1] }])).toThrow(/model\.norm\.weight.*\[1\]/);
  });
});

it('an architecture that is not read is named', () => {
  expect(() => configOf(readGguf(gguf({ 'general.architecture': 'mamba' })))).toThrow(/mamba/);
});
