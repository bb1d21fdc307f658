/**
 * What a GGUF says of its model, in Hugging Face's terms: the fields of a config.json, and the state dict's tensors. Names:
 * docs/gguf.md and constants.py of gguf-py.
 */
import { ModelError } from '../../shared/errors';
import { message } from '../../shared/message';
import { type ModelDescription, weightShapes } from '../../shared/model';
import { type StoredMatrix, dequantise, isQuantised } from '../../shared/quantised';
import type { Weights } from '../weights';
import { type GgufFile, type GgufTensor, damaged } from './container';
import { bytesOf, readTensor } from './types';

/** Architectures whose names and fields these are. `turned`: rows of q and k lie in the order of interleaved RoPE. */
const ARCHITECTURES: Record<string, { modelType: string; turned: boolean }> = {
  llama: { modelType: 'llama', turned: true },
  qwen2: { modelType: 'qwen2', turned: false },
  qwen3: { modelType: 'qwen3', turned: false },
};

/** Fields of config.json, by their keys behind the architecture's name. */
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

/** Modules of a layer, by their names in a state dict. */
const IN_LAYER: Record<string, string> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};
const OUTSIDE: Record<string, string> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
};

function architectureOf({ metadata }: Pick<GgufFile, 'metadata'>) {
  const name = metadata.get('general.architecture');
  if (typeof name !== 'string' || !Object.hasOwn(ARCHITECTURES, name))
    throw new ModelError(message('hub.ggufArchitecture', { name: String(name).slice(0, 60) }));
  return { name, ...ARCHITECTURES[name] };
}

/**
 * The fields of a config.json.
 * @throws {ModelError} for an architecture that is not known here
 */
export function configOf(file: Omit<GgufFile, 'bytes'>): Record<string, unknown> {
  const { name, modelType } = architectureOf(file);
  const { metadata, tensors } = file;
  const scaling = metadata.get(`${name}.rope.scaling.type`) ?? 'none';
  if (scaling !== 'none' || tensors.has('rope_freqs.weight'))
    throw new ModelError(message('hub.ggufRope', { scaling: String(scaling).slice(0, 60) }));
  const given = Object.entries(FIELDS).flatMap(([field, key]) => {
    const value = metadata.get(`${name}.${key}`);
    // What was 1e-5 is 9.99999975e-6 in f32.
    const short = typeof value === 'number' ? Number(value.toPrecision(7)) : value;
    return short === undefined ? [] : [[field, short] as const];
  });
  const fields = Object.fromEntries(given);
  checkTurned(file, Number(fields.head_dim ?? Number(fields.hidden_size) / Number(fields.num_attention_heads)));
  return {
    model_type: modelType,
    hidden_act: 'silu',
    vocab_size: tensors.get(OUTSIDE['model.embed_tokens.weight'])?.shape[0],
    tie_word_embeddings: !tensors.has(OUTSIDE['lm_head.weight']),
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: metadata.get('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: metadata.get('tokenizer.ggml.eos_token_id') ?? null,
    ...fields,
  };
}

/** RoPE turns whole heads here: a file whose heads it turns in part would be read as another model. */
function checkTurned(file: Pick<GgufFile, 'metadata'>, size: number): void {
  const turned = file.metadata.get(`${architectureOf(file).name}.rope.dimension_count`);
  if (turned !== undefined && turned !== size)
    damaged(message('hub.ggufHas.turned', { turned: String(turned).slice(0, 40), size }));
}

/** The file's tensor for a name of the state dict. */
function tensorOf(name: string, { tensors }: GgufFile): GgufTensor {
  const layer = /^model\.layers\.(\d{1,4})\.(.+)\.(weight|bias)$/.exec(name);
  const own = layer
    ? Object.hasOwn(IN_LAYER, layer[2]) && `blk.${layer[1]}.${IN_LAYER[layer[2]]}.${layer[3]}`
    : Object.hasOwn(OUTSIDE, name) && OUTSIDE[name];
  return (own && tensors.get(own)) || damaged(message('hub.ggufHas.noTensor', { tensor: name }));
}

/** The model as the file has it: its head is the embedding where it has none of its own. */
export const asStored = (model: ModelDescription, { tensors }: GgufFile): ModelDescription => ({
  ...model,
  head: { ...model.head, tied: !tensors.has(OUTSIDE['lm_head.weight']) },
});

/**
 * Finds every weight and checks that it is whole; values are read when they are asked for.
 * @throws {ModelError} naming the weight that is missing or misshapen, or that the model does not have
 */
export function ggufWeights(file: GgufFile, model: ModelDescription): Weights {
  const { turned, name: architecture } = architectureOf(file);
  const shapes = new Map(weightShapes(model).map(({ name, shape }) => [name, shape]));
  checkTurned(file, model.layers[0].attention.headDim);
  const unread = new Set(file.tensors.keys());
  for (const [name, shape] of shapes) {
    const tensor = tensorOf(name, file);
    if (tensor.shape.join() !== shape.join())
      damaged(
        message('hub.ggufHas.otherShape', { tensor: name, dims: tensor.shape.join(', '), wanted: shape.join(', ') }),
      );
    bytesOf(tensor, file.bytes.length);
    unread.delete(tensor.name);
  }
  // A configuration has the factors of this table; without one the table is refused, see `configOf`.
  unread.delete('rope_freqs.weight');
  // llama.cpp reads every tensor of a file: without one, a bias say, it would be another model.
  for (const name of unread) damaged(message('hub.ggufHas.unread', { tensor: name.slice(0, 100) }));
  const heads = (kind: string): number => {
    const key = kind === 'q' ? 'head_count' : 'head_count_kv';
    const count =
      file.metadata.get(`${architecture}.attention.${key}`) ??
      file.metadata.get(`${architecture}.attention.head_count`);
    return typeof count === 'number' ? count : 1;
  };
  let open: GgufFile | null = file;
  const stored = (name: string): StoredMatrix => {
    if (!open) throw new ModelError(message('hub.model.released'));
    const tensor = tensorOf(name, open);
    const values = readTensor(tensor, open.bytes);
    const kind = /self_attn\.([qk])_proj\./.exec(name)?.[1];
    return turned && kind ? neighboursApart(values, tensor.shape[0], heads(kind)) : values;
  };
  return {
    stored,
    get(name) {
      const matrix = stored(name);
      return { data: isQuantised(matrix) ? dequantise(matrix) : matrix, shape: shapes.get(name)! };
    },
    release() {
      open = null;
    },
  };
}

/**
 * Rows as Hugging Face has them: in a head of size n, rows i and i + n/2 rotate together; in the file they are neighbours,
 * 2i and 2i + 1.
 */
function neighboursApart(values: StoredMatrix, rows: number, heads: number): StoredMatrix {
  const size = rows / heads;
  if (size % 2 !== 0) damaged(message('hub.ggufHas.heads', { rows, heads }));
  const rowInFile = (row: number) => {
    const [head, i] = [Math.floor(row / size), row % size];
    return head * size + (2 * i < size ? 2 * i : 2 * i - size + 1);
  };
  const moved = <T extends Float32Array | Uint8Array>(data: T): T => {
    const width = data.length / rows;
    const out = data.slice() as T;
    for (let row = 0; row < rows; row++)
      out.set(data.subarray(rowInFile(row) * width, (rowInFile(row) + 1) * width), row * width);
    return out;
  };
  if (!isQuantised(values)) return moved(values);
  const { scales, offsets } = values;
  return { ...values, values: moved(values.values), scales: moved(scales), offsets: offsets && moved(offsets) };
}
