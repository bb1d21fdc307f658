/** `config.json` of a Hugging Face model, read strictly: what Sieve cannot train is named here, before any weights are fetched. */
import { ENGINE_LIMITS } from '../shared/engineLimits';
import { ModelError } from '../shared/errors';
import { type Message, message } from '../shared/message';
import type { LlamaConfig } from '../shared/types';

function refuse(what: Message): never {
  throw new ModelError(message('hub.config', { what }));
}

/** Own properties only: a `__proto__` in the file is data, never a prototype. */
class Fields {
  readonly #record: Record<string, unknown>;
  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      refuse(message('hub.configHas.noObject', { what }));
    this.#record = value as Record<string, unknown>;
  }

  get(key: string): unknown {
    const value = Object.hasOwn(this.#record, key) ? this.#record[key] : undefined;
    return value === null ? undefined : value;
  }

  int(key: string, low: number, high: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (value === undefined) refuse(message('hub.configHas.missing', { field: key }));
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
      refuse(message('hub.configHas.notWhole', { field: key, value: show(value), low, high }));
    }
    return value;
  }

  number(key: string, low: number, high: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'number' || !(value >= low && value <= high))
      refuse(message('hub.configHas.outside', { field: key, value: show(value), low, high }));
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'boolean') refuse(message('hub.configHas.noFlag', { field: key, value: show(value) }));
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
  if (type !== 'llama') refuse(message('hub.configHas.modelType', { value: show(type) }));
  const quantization = f.get('quantization_config');
  if (quantization !== undefined) refuse(message('hub.configHas.quantised'));
  const act = f.get('hidden_act') ?? 'silu';
  if (act !== 'silu') refuse(message('hub.configHas.other', { field: 'hidden_act', value: show(act), wanted: 'silu' }));
  if (f.flag('attention_bias', false)) refuse(message('hub.configHas.attentionBias'));
  if (f.flag('mlp_bias', false)) refuse(message('hub.configHas.mlpBias'));
  if (f.number('pretraining_tp', 0, 1024, 1) > 1) refuse(message('hub.configHas.pretrainingTp'));

  const { step, inputs } = ENGINE_LIMITS;
  const dModel = f.int('hidden_size', step, 8192);
  const layers = f.int('num_hidden_layers', 1, 128);
  const heads = f.int('num_attention_heads', 1, 256);
  const kvHeads = f.int('num_key_value_heads', 1, 256, heads);
  if (heads % kvHeads !== 0) refuse(message('hub.configHas.heads', { heads, kvHeads }));
  const ffn = f.int('intermediate_size', step, inputs);
  const vocab = f.int('vocab_size', 4, 300_000);
  const context = f.int('max_position_embeddings', 1, 2 ** 24, 2048);
  if (f.get('head_dim') === undefined && dModel % heads !== 0)
    refuse(message('hub.configHas.hiddenSize', { size: dModel, heads }));
  const headDim = f.int('head_dim', step, ENGINE_LIMITS.headDim, dModel / heads);
  for (const [what, size] of [
    ['hidden_size', dModel],
    ['intermediate_size', ffn],
    ['head_dim', headDim],
  ] as const) {
    if (size % step !== 0) refuse(message('hub.configHas.notMultiple', { field: what, size, of: step }));
  }
  if (heads * headDim > inputs) refuse(message('hub.configHas.wideHeads', { heads, headDim, most: inputs }));

  return {
    layers,
    dModel,
    heads,
    kvHeads,
    headDim,
    ffn,
    vocab,
    context,
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
    if (type !== 'default') refuse(message('hub.configHas.scaledRope', { key, type: show(type) }));
    if (rope.number('partial_rotary_factor', 0, 1, 1) !== 1) refuse(message('hub.configHas.partialRope'));
    if (rope.get('rope_theta') !== undefined) theta = rope.number('rope_theta', 1, 1e9);
  }
  if (f.number('partial_rotary_factor', 0, 1, 1) !== 1) refuse(message('hub.configHas.partialRope'));
  return theta ?? f.number('rope_theta', 1, 1e9, 10_000);
}

function tokenIds(value: unknown, vocab: number, key: string): number[] {
  if (value === undefined) return [];
  const ids = Array.isArray(value) ? value : [value];
  if (ids.length > 64) refuse(message('hub.configHas.manyTokens', { key, n: ids.length }));
  for (const id of ids) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocab)
      refuse(message('hub.configHas.noToken', { key, id: show(id), vocab }));
  }
  return [...new Set(ids as number[])];
}
