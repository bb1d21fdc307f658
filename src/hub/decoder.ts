/** What the families' descriptions are made from: sizes as their configurations name them, and a layer's parts. */
import { ENGINE_LIMITS } from '../shared/engineLimits';
import type { ActivationKind } from '../shared/layers';
import { message } from '../shared/message';
import type {
  AttentionDescription,
  LinearDescription,
  MlpDescription,
  ModelDescription,
  NormDescription,
  VocabularyHead,
} from '../shared/model';
import { type Fields, refuse, show } from './fields';

/** What a decoder measures. */
export interface DecoderSizes {
  width: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Inside the MLP. */
  inner: number;
  vocab: number;
  context: number;
}

/** How the configurations of most families name the sizes. */
const NAMES = {
  width: 'hidden_size',
  layers: 'num_hidden_layers',
  heads: 'num_attention_heads',
  kvHeads: 'num_key_value_heads',
  headDim: 'head_dim',
  inner: 'intermediate_size',
  vocab: 'vocab_size',
  context: 'max_position_embeddings',
};

/**
 * The sizes, held to what the engine computes.
 * @param names of sizes that the family calls otherwise
 * @param usual values of sizes that may be left out; without one a size must be there
 * @param fixed sizes that the configuration gives by others
 * @throws {ModelError} naming the first that is missing or out of bounds
 */
export function readSizes(
  f: Fields,
  {
    names = {},
    usual = {},
    fixed = {},
  }: {
    names?: Partial<typeof NAMES>;
    usual?: Partial<DecoderSizes>;
    fixed?: Partial<Pick<DecoderSizes, 'vocab' | 'context'>>;
  } = {},
): DecoderSizes {
  const n = { ...NAMES, ...names };
  const { step, inputs } = ENGINE_LIMITS;
  const width = f.int(n.width, step, 8192, usual.width);
  const layers = f.int(n.layers, 1, 128, usual.layers);
  const heads = f.int(n.heads, 1, 256, usual.heads);
  const kvHeads = f.int(n.kvHeads, 1, 256, usual.kvHeads ?? heads);
  if (heads % kvHeads !== 0) refuse(message('hub.configHas.heads', { heads, kvHeads }));
  const inner = f.int(n.inner, step, inputs, usual.inner);
  const vocab = fixed.vocab ?? f.int(n.vocab, 2, 300_000, usual.vocab);
  const context = fixed.context ?? f.int(n.context, 1, 2 ** 24, usual.context ?? 2048);
  if (!f.has(n.headDim) && usual.headDim === undefined && width % heads !== 0)
    refuse(message('hub.configHas.hiddenSize', { size: width, heads }));
  const headDim = f.int(n.headDim, step, ENGINE_LIMITS.headDim, usual.headDim ?? width / heads);
  for (const [field, size] of [
    [n.width, width],
    [n.inner, inner],
    [n.headDim, headDim],
  ] as const) {
    if (size % step !== 0) refuse(message('hub.configHas.notMultiple', { field, size, of: step }));
  }
  if (heads * headDim > inputs) refuse(message('hub.configHas.wideHeads', { heads, headDim, most: inputs }));
  return { width, layers, heads, kvHeads, headDim, inner, vocab, context };
}

/** Ids of the tokens that begin and end a text. */
export const readTokens = (f: Fields, vocab: number): Pick<ModelDescription, 'bosId' | 'eosIds'> => ({
  bosId: tokenIds(f.get('bos_token_id'), vocab, 'bos_token_id')[0] ?? null,
  eosIds: tokenIds(f.get('eos_token_id'), vocab, 'eos_token_id'),
});

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

export const linear = (
  path: string,
  dIn: number,
  dOut: number,
  { bias = false, inOut = false, peft }: { bias?: boolean; inOut?: boolean; peft?: string } = {},
): LinearDescription => ({
  path,
  ...(peft && { peft }),
  dIn,
  dOut,
  bias,
  inOut,
});

export const rmsNorm = (path: string, eps: number, plusOne = false): NormDescription => ({
  path,
  kind: 'rms',
  eps,
  bias: false,
  plusOne,
});

export const layerNorm = (path: string, eps: number, bias = true): NormDescription => ({
  path,
  kind: 'layer',
  eps,
  bias,
  plusOne: false,
});

/** The table of tokens alone. */
export const plainEmbedding = (path: string): ModelDescription['embedding'] => ({
  path,
  scale: 1,
  positions: null,
  tokenTypes: null,
  patches: null,
  norm: null,
});

/** Logits of the next token as the matrix makes them. */
export const plainHead = (path: string, tied: boolean, bias = false): VocabularyHead => ({
  kind: 'vocabulary',
  path,
  tied,
  bias,
  scale: 1,
  softcap: null,
  classifier: 'score',
});

/** Names of activation functions in configurations. */
const ACTIVATIONS = new Map<unknown, ActivationKind>([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['gelu_new', 'geluTanh'],
  ['gelu_fast', 'geluTanh'],
  ['gelu_pytorch_tanh', 'geluTanh'],
  ['relu', 'relu'],
]);

/** @throws {ModelError} where the function is not known */
export function readActivation(f: Fields, field: string, fallback: string): ActivationKind {
  const value = f.get(field) ?? fallback;
  const wanted = [...ACTIVATIONS.keys()].join('", "');
  return ACTIVATIONS.get(value) ?? refuse(message('hub.configHas.other', { field, value: show(value), wanted }));
}

/** What most layers' attention has: causal, over all keys, scaled by 1/√headDim. */
export const plainAttention = ({
  heads,
  kvHeads,
  headDim,
}: DecoderSizes): Omit<AttentionDescription, 'norm' | 'input' | 'output'> => ({
  heads,
  kvHeads,
  headDim,
  qNorm: null,
  kNorm: null,
  rope: 0,
  causal: true,
  window: null,
  scale: 1 / Math.sqrt(headDim),
  softcap: null,
  after: null,
  post: null,
});

/** An MLP without a gate: up, the activation function, down. */
export const plainMlp = ({
  norm,
  up,
  down,
  activation,
}: Pick<MlpDescription, 'norm' | 'activation'> & Record<'up' | 'down', LinearDescription>): MlpDescription => ({
  norm,
  input: { linears: [up], fused: null },
  activation,
  gated: false,
  inner: up.dOut,
  output: down,
  after: null,
  post: null,
});
