/**
 * The families' fixtures as llama.cpp's converter writes them: names by gguf-py (testing/names.json), orders of rows by
 * hand.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ModelDescription, weightShapes } from '../../shared/model';
import { inMemory } from '../byteFile';
import { readModel } from '../family';
import { transpose } from '../floats';
import { expectSameRows } from '../testing/rows';
import { readSafetensors } from '../safetensors';
import { type TensorParts, gguf } from '../testing/gguf';
import { configOf } from './config';
import { openGguf, readGguf } from './container';
import { asStored, checkGguf, ggufWeights } from './model';
import NAMES from './testing/names.json';

type Config = Record<string, unknown>;
interface Named {
  architecture: string;
  tensors: Record<string, string>;
}
const FOLDER = 'python/fixtures/families';
const bits = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Rows of a matrix or a bias, by their numbers. */
function rowsAt(data: Float32Array, rows: number, from: (row: number) => number): Float32Array {
  const width = data.length / rows;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) out.set(data.subarray(from(row) * width, (from(row) + 1) * width), row * width);
  return out;
}

/** What `convert_hf_to_gguf.py` makes of a tensor. */
function converted(
  architecture: string,
  tensor: string,
  { data, shape }: { data: Float32Array; shape: number[] },
  m: ModelDescription,
) {
  const { heads, kvHeads, headDim } = m.layers[0].attention;
  const [rows] = shape;
  const qk = /self_attn\.([qk])_proj/.exec(tensor)?.[1];
  if (['llama', 'smollm3', 'granite'].includes(architecture) && qk) {
    // [heads, 2, half] becomes [heads, half, 2].
    const half = rows / (qk === 'q' ? heads : kvHeads) / 2;
    const moved = rowsAt(
      data,
      rows,
      (row) => Math.floor(row / (2 * half)) * 2 * half + (row % 2) * half + Math.floor((row % (2 * half)) / 2),
    );
    return { data: moved, shape };
  }
  if (tensor.includes('query_key_value')) {
    // [heads, 3, headDim] becomes [3, heads, headDim].
    const moved = rowsAt(data, rows, (row) => {
      const [part, head, i] = [Math.floor(row / (heads * headDim)), Math.floor(row / headDim) % heads, row % headDim];
      return (head * 3 + part) * headDim + i;
    });
    return { data: moved, shape };
  }
  if (architecture === 'gpt2' && /\.c_(attn|proj|fc)\.weight$/.test(tensor))
    return { data: transpose(data, shape[0], shape[1]), shape: shape.toReversed() };
  if (architecture.startsWith('gemma') && tensor.endsWith('norm.weight'))
    return { data: data.map((x) => x + 1), shape };
  return { data, shape };
}

const KEYS: Record<string, string> = {
  num_hidden_layers: 'block_count',
  n_layer: 'block_count',
  hidden_size: 'embedding_length',
  n_embd: 'embedding_length',
  intermediate_size: 'feed_forward_length',
  n_inner: 'feed_forward_length',
  num_attention_heads: 'attention.head_count',
  n_head: 'attention.head_count',
  num_key_value_heads: 'attention.head_count_kv',
  head_dim: 'attention.key_length',
  max_position_embeddings: 'context_length',
  n_positions: 'context_length',
  rms_norm_eps: 'attention.layer_norm_rms_epsilon',
  layer_norm_eps: 'attention.layer_norm_epsilon',
  layer_norm_epsilon: 'attention.layer_norm_epsilon',
  sliding_window: 'attention.sliding_window',
  attn_logit_softcapping: 'attn_logit_softcapping',
  final_logit_softcapping: 'final_logit_softcapping',
  use_parallel_residual: 'use_parallel_residual',
  attention_multiplier: 'attention.scale',
  embedding_multiplier: 'embedding_scale',
  residual_multiplier: 'residual_scale',
  logits_scaling: 'logit_scale',
};

/** What the converter writes of a configuration, beside the tokenizer. */
function metadataOf(architecture: string, config: Config, model: ModelDescription): Config {
  const put: [string, unknown][] = [];
  for (const [field, key] of Object.entries(KEYS)) if ((config[field] ?? null) !== null) put.push([key, config[field]]);
  const [rope] = model.ropes;
  if (rope) put.push(['rope.dimension_count', rope.rotary], ['rope.freq_base', rope.theta]);
  if (rope?.scaling?.kind === 'linear')
    put.push(['rope.scaling.type', 'linear'], ['rope.scaling.factor', rope.scaling.factor]);
  if (model.ropes[1]) put.push(['rope.freq_base_swa', model.ropes[1].theta]);
  return {
    'general.architecture': architecture,
    ...Object.fromEntries(put.map(([key, value]) => [`${architecture}.${key}`, value])),
    ...(config.bos_token_id === null ? {} : { 'tokenizer.ggml.bos_token_id': config.bos_token_id }),
    ...(config.eos_token_id === null ? {} : { 'tokenizer.ggml.eos_token_id': config.eos_token_id }),
  };
}

/** What a GGUF has no key for, as llama.cpp takes it. */
const IMPLIED: Record<string, Config> = {
  gemma2: { query_pre_attn_scalar: 12 },
  gemma3_text: { query_pre_attn_scalar: 16, layer_types: undefined },
  smollm3: { no_rope_layers: undefined },
  // Its converter writes Mistral as a Llama, and llama.cpp has no window for it.
  mistral: { model_type: 'llama', sliding_window: undefined },
};

describe.each(Object.entries(NAMES as Record<string, Named>))('%s', (family, { architecture, tensors }) => {
  const given = JSON.parse(readFileSync(`${FOLDER}/${family}/config.json`, 'utf8')) as Config;
  const truth = readSafetensors(readFileSync(`${FOLDER}/${family}/model.safetensors`));
  const model = readModel(given);
  const parts = Object.entries(tensors).map(([tensor, name]): TensorParts => {
    const { data, shape } = converted(architecture, tensor, truth.get(tensor), model);
    return { name, shape, type: 0, bytes: bits(data) };
  });
  const bytes = inMemory(gguf(metadataOf(architecture, given, model), parts));
  const file = openGguf(bytes);

  it('has the weights of its state dict', () => {
    const weights = ggufWeights(file, bytes, asStored(model, file, bytes));
    for (const { name, shape } of weightShapes(model)) {
      const [read, stored] = [weights.get(name), weights.stored(name) as Float32Array];
      expect(read.shape, name).toEqual(shape);
      const expected = truth.get(name).data;
      // 1 + weight was rounded to f32.
      const off = read.data.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0);
      expect(off, name).toBeLessThanOrEqual(
        architecture.startsWith('gemma') && name.endsWith('norm.weight') ? 1e-6 : 0,
      );
      expect(bits(stored), name).toEqual(bits(read.data));
    }
    expectSameRows(weights, model);
  });

  it('is the model of its config.json', () => {
    const { ropes, ...expected } = readModel({ ...given, ...IMPLIED[family] });
    const { ropes: read, ...rest } = readModel(configOf(file));
    expect(rest).toEqual({ ...expected, family: rest.family });
    // A Llama's stretched RoPE is a table in the file.
    expect(read).toEqual(
      ropes.map((rope) => (rope.scaling?.kind === 'llama3' ? { ...rope, scaling: undefined } : rope)),
    );
  });
});

it('a table of factors stretches RoPE where the configuration does not', () => {
  const tensors = [
    { name: 'rope_freqs.weight', shape: [4], type: 0, bytes: bits(Float32Array.of(1, 1, 2, 8)) },
    { name: 'token_embd.weight', shape: [8, 16], type: 0, bytes: new Uint8Array(512) },
  ];
  const metadata = {
    'general.architecture': 'llama',
    'llama.block_count': 1,
    'llama.embedding_length': 16,
    'llama.feed_forward_length': 16,
    'llama.attention.head_count': 2,
    'llama.attention.layer_norm_rms_epsilon': 1e-5,
  };
  const open = (more: Config = {}) => {
    const bytes = inMemory(gguf({ ...metadata, ...more }, tensors));
    const file = openGguf(bytes);
    return asStored(readModel(configOf(file)), file, bytes);
  };
  expect(open().ropes).toEqual([
    { rotary: 8, theta: 10000, scaling: { kind: 'longrope', factors: [1, 1, 2, 8], attention: 1 } },
  ]);
  tensors[0].name = 'rope_factors_short.weight';
  const long = open({
    'llama.context_length': 512,
    'llama.rope.scaling.type': 'longrope',
    'llama.rope.scaling.original_context_length': 64,
    'llama.rope.scaling.attn_factor': 1.5,
  });
  expect(long.context, 'beyond it other factors turn').toBe(64);
  expect(long.ropes[0].scaling).toMatchObject({ kind: 'longrope', attention: 1.5 });
  tensors[0].shape = [3];
  tensors[0].bytes = bits(Float32Array.of(1, 1, 2));
  expect(() => open()).toThrow(/RoPE/);
  tensors.shift();
  expect(() => open({ 'llama.rope.scaling.type': 'yarn' })).toThrow(/yarn/);
});

it('a norm whose sums with 1 are in blocks is the weight alone, too', () => {
  const model = readModel({ ...JSON.parse(readFileSync(`${FOLDER}/gemma2/config.json`, 'utf8')), hidden_size: 32 });
  // One block of Q8_0 a tensor row: a scale of 0.5 in f16, and 3 in every place.
  const block = Uint8Array.of(0, 0x38, ...Array(32).fill(3));
  const names = Object.entries((NAMES as Record<string, Named>).gemma2.tensors);
  const shapes = new Map(weightShapes(model).map(({ name, shape }) => [name, shape]));
  const parts = names.map(([tensor, name]): TensorParts => {
    const shape = shapes.get(tensor)!;
    if (tensor === 'model.norm.weight') return { name, shape, type: 8, bytes: block };
    return { name, shape, type: 0, bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)) };
  });
  const bytes = gguf({ 'general.architecture': 'gemma2' }, parts);
  const weights = ggufWeights(readGguf(bytes), inMemory(bytes), model);
  expect(weights.stored('model.norm.weight')).toEqual(new Float32Array(32).fill(0.5));
  expect(weights.get('model.norm.weight').data).toEqual(new Float32Array(32).fill(0.5));
});

it('a head alone says what is missing, or of a type that is not read', () => {
  const { architecture, tensors } = (NAMES as Record<string, Named>).qwen2;
  const given = JSON.parse(readFileSync(`${FOLDER}/qwen2/config.json`, 'utf8')) as Config;
  const model = readModel(given);
  const truth = readSafetensors(readFileSync(`${FOLDER}/qwen2/model.safetensors`));
  const head = (type: number, but?: string) => {
    const parts = Object.entries(tensors)
      .filter(([tensor]) => tensor !== but)
      .map(([tensor, name]) => ({ name, shape: truth.shape(tensor), type, bytes: new Uint8Array(0) }));
    return readGguf(gguf(metadataOf(architecture, given, model), parts), Infinity);
  };
  expect(() => checkGguf(head(0), model, Infinity)).not.toThrow();
  expect(() => checkGguf(head(0), model, 100)).toThrow(/outside/);
  expect(() => checkGguf(head(19), model, Infinity)).toThrow(/ggml type 19/);
  expect(() => checkGguf(head(0, 'model.layers.1.self_attn.q_proj.bias'), model, Infinity)).toThrow(/q_proj\.bias/);
});
