/** `config.json` of a Hugging Face model, read strictly: what Sieve cannot train is named here, before any weights are fetched. */
import { ModelError } from '../shared/errors';
import type { LlamaConfig } from '../shared/types';

const HINT = 'Sieve trains Llama models with plain RoPE, SiLU and no biases. Choose another model.';

function refuse(message: string): never {
  throw new ModelError(`This model cannot be trained here: ${message}.`, HINT);
}

/** Own properties only: a `__proto__` in the file is data, never a prototype. */
class Fields {
  readonly #record: Record<string, unknown>;
  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`${what} is not an object`);
    this.#record = value as Record<string, unknown>;
  }

  get(key: string): unknown {
    const value = Object.hasOwn(this.#record, key) ? this.#record[key] : undefined;
    return value === null ? undefined : value;
  }

  int(key: string, low: number, high: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (value === undefined) refuse(`config.json does not say ${key}`);
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
      refuse(`${key} is ${show(value)}, and must be a whole number from ${low} to ${high}`);
    }
    return value;
  }

  number(key: string, low: number, high: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'number' || !(value >= low && value <= high)) refuse(`${key} is ${show(value)}, and must be from ${low} to ${high}`);
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'boolean') refuse(`${key} is ${show(value)}, and must be true or false`);
    return value;
  }
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

/**
 * Reads and checks a Llama `config.json`.
 * @throws {ModelError} naming the first thing that is missing, out of bounds or not supported.
 */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  const f = new Fields(json, 'config.json');
  const type = f.get('model_type');
  if (type !== 'llama') refuse(`its model_type is ${show(type)}, not "llama"`);
  const quantization = f.get('quantization_config');
  if (quantization !== undefined) refuse('its weights are quantised (quantization_config)');
  const act = f.get('hidden_act') ?? 'silu';
  if (act !== 'silu') refuse(`hidden_act is ${show(act)}, not "silu"`);
  if (f.flag('attention_bias', false)) refuse('its attention layers have biases (attention_bias)');
  if (f.flag('mlp_bias', false)) refuse('its MLP layers have biases (mlp_bias)');
  if (f.number('pretraining_tp', 0, 1024, 1) > 1) refuse('pretraining_tp is above 1');

  const dModel = f.int('hidden_size', 4, 8192);
  const layers = f.int('num_hidden_layers', 1, 128);
  const heads = f.int('num_attention_heads', 1, 256);
  const kvHeads = f.int('num_key_value_heads', 1, 256, heads);
  if (heads % kvHeads !== 0) refuse(`${heads} attention heads cannot share ${kvHeads} key-value heads evenly`);
  const ffn = f.int('intermediate_size', 4, 65536);
  const vocab = f.int('vocab_size', 4, 300_000);
  const context = f.int('max_position_embeddings', 1, 2 ** 24, 2048);
  if (f.get('head_dim') === undefined && dModel % heads !== 0) refuse(`hidden_size ${dModel} does not divide into ${heads} heads`);
  const headDim = f.int('head_dim', 2, 256, dModel / heads);
  if (headDim % 2 !== 0) refuse(`head_dim is ${headDim}, and RoPE needs an even one`);
  for (const [what, size] of [['hidden_size', dModel], ['intermediate_size', ffn], ['heads × head_dim', heads * headDim], ['key-value heads × head_dim', kvHeads * headDim]] as const) {
    if (size % 4 !== 0) refuse(`${what} is ${size}, and must be a multiple of 4`);
  }

  return {
    layers, dModel, heads, kvHeads, headDim, ffn, vocab, context,
    ropeTheta: ropeTheta(f),
    rmsEps: f.number('rms_norm_eps', 1e-12, 1, 1e-6),
    tied: f.flag('tie_word_embeddings', false),
    bosId: tokenIds(f.get('bos_token_id'), vocab, 'bos_token_id')[0] ?? null,
    eosIds: tokenIds(f.get('eos_token_id'), vocab, 'eos_token_id'),
  };
}

/** Older files: `rope_theta` and `rope_scaling` at the top. Newer ones: both in `rope_parameters`. */
function ropeTheta(f: Fields): number {
  let theta: number | undefined;
  for (const key of ['rope_scaling', 'rope_parameters']) {
    const value = f.get(key);
    if (value === undefined) continue;
    const rope = new Fields(value, key);
    const type = rope.get('rope_type') ?? rope.get('type') ?? 'default';
    if (type !== 'default') refuse(`its RoPE is scaled (${key} of type ${show(type)})`);
    if (rope.number('partial_rotary_factor', 0, 1, 1) !== 1) refuse('it rotates a part of each head only (partial_rotary_factor)');
    if (rope.get('rope_theta') !== undefined) theta = rope.number('rope_theta', 1, 1e9);
  }
  if (f.number('partial_rotary_factor', 0, 1, 1) !== 1) refuse('it rotates a part of each head only (partial_rotary_factor)');
  return theta ?? f.number('rope_theta', 1, 1e9, 10_000);
}

function tokenIds(value: unknown, vocab: number, key: string): number[] {
  if (value === undefined) return [];
  const ids = Array.isArray(value) ? value : [value];
  if (ids.length > 64) refuse(`${key} lists ${ids.length} tokens`);
  for (const id of ids) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocab) refuse(`${key} holds ${show(id)}, which is not a token of ${vocab}`);
  }
  return [...new Set(ids as number[])];
}
