/**
 * A GGUF's own tokenizer as the two files that `openTokenizer` reads. Two kinds have all they need in the metadata:
 * byte-level BPE ("gpt2": tokens and merges; how a text is cut first is known by the name of its pre-tokenizer) and
 * SentencePiece's BPE ("llama": tokens and scores, of which the merges follow). Keys: docs/gguf.md of ggml.
 */
import { ModelError } from '../../shared/errors';
import { message } from '../../shared/message';
import type { GgufHead, GgufValue } from './container';

export interface TokenizerFiles {
  /** tokenizer.json, not yet checked. */
  json: Record<string, unknown>;
  /** tokenizer_config.json */
  config: Record<string, unknown>;
}

/** Numbers of `tokenizer.ggml.token_type`. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
/** Longer pieces are of no vocabulary, and every place to part one is tried. */
const MAX_PIECE = 64;

const byteLevel = (regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: regex,
});
const split = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
});
/**
 * Contractions, words with what stands before them, numbers of so many digits, marks, blanks: GPT-4's way to cut a
 * text.
 */
const wordsAndNumbers = (digits: string) =>
  split(
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );
const digitsOneByOne = {
  type: 'Sequence',
  pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
};

interface PreTokenizer {
  pre: unknown;
  normalizer?: unknown;
  ignoreMerges?: boolean;
  /** Texts begin with the BOS token where the file does not say. */
  begins?: boolean;
}

const LLAMA_BPE: PreTokenizer = { pre: wordsAndNumbers('{1,3}'), ignoreMerges: true, begins: true };

/** How a text is cut before it becomes pieces, by the name that llama.cpp has for it. */
const PRE_TOKENIZERS: Record<string, PreTokenizer> = {
  'gpt-2': { pre: byteLevel(true) },
  'phi-2': { pre: byteLevel(true) },
  olmo: { pre: byteLevel(true), normalizer: { type: 'NFC' } },
  smollm: { pre: digitsOneByOne },
  refact: { pre: digitsOneByOne },
  'llama-bpe': LLAMA_BPE,
  llama3: LLAMA_BPE,
  'llama-v3': LLAMA_BPE,
  qwen2: { pre: wordsAndNumbers(''), normalizer: { type: 'NFC' } },
};

const preTokenizerOf = (pre: GgufValue): PreTokenizer | null =>
  typeof pre === 'string' && Object.hasOwn(PRE_TOKENIZERS, pre) ? PRE_TOKENIZERS[pre] : null;

function refuse(what: 'model' | 'pre' | 'tokens' | 'long', value: string): never {
  throw new ModelError(message('hub.ggufTokenizer', { what, value: value.slice(0, 60) }));
}

const isTexts = (value: GgufValue | undefined): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === 'string');
const isNumbers = (value: GgufValue | undefined): value is number[] =>
  Array.isArray(value) && value.every((v) => typeof v === 'number');

/** @throws {ModelError} when it is of a kind that is not known here */
export function tokenizerOf({ metadata }: Pick<GgufHead, 'metadata'>): TokenizerFiles {
  const field = (name: string) => metadata.get(`tokenizer.ggml.${name}`);
  const tokens = field('tokens');
  if (!isTexts(tokens)) refuse('tokens', 'tokens');
  const types = field('token_type') ?? [];
  if (!isNumbers(types)) refuse('tokens', 'token_type');
  const token = (name: string): string | null => {
    const id = field(`${name}_token_id`);
    return typeof id === 'number' ? (tokens[id] ?? null) : null;
  };
  const kind = field('model');
  const bos = token('bos');
  const added = tokens.flatMap((content, id) =>
    [UNKNOWN, CONTROL, USER_DEFINED].includes(types[id])
      ? [
          {
            id,
            content,
            special: types[id] !== USER_DEFINED,
            normalized: false,
            lstrip: false,
            rstrip: false,
            single_word: false,
          },
        ]
      : [],
  );
  const pre = field('pre') ?? 'gpt-2';
  const begins = field('add_bos_token') ?? (kind === 'llama' || preTokenizerOf(pre)?.begins === true);
  const json = {
    version: '1.0',
    added_tokens: added,
    post_processor: begins === true && bos !== null ? beginning(bos, tokens.indexOf(bos)) : null,
    ...(kind === 'gpt2'
      ? byteLevelBpe(tokens, field('merges'), pre)
      : kind === 'llama'
        ? sentencePiece({ tokens, types, scores: field('scores'), prefix: field('add_space_prefix') !== false })
        : refuse('model', String(kind))),
  };
  const template = metadata.get('tokenizer.chat_template');
  const config = {
    bos_token: bos,
    eos_token: token('eos'),
    unk_token: token('unknown'),
    pad_token: token('padding'),
    add_bos_token: begins === true,
    clean_up_tokenization_spaces: false,
    ...(typeof template === 'string' ? { chat_template: template } : {}),
  };
  return { json, config };
}

/** Puts a token before every text. */
const beginning = (token: string, id: number) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [
    { SpecialToken: { id: token, type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: token, type_id: 1 } },
    { Sequence: { id: 'B', type_id: 1 } },
  ],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});

/** A plain object without inherited names: a token may be called `__proto__`. */
function vocabOf(tokens: string[]): Record<string, number> {
  const vocab = Object.create(null) as Record<string, number>;
  for (const [id, token] of tokens.entries()) vocab[token] = id;
  return vocab;
}

function byteLevelBpe(tokens: string[], merges: GgufValue | undefined, pre: GgufValue) {
  if (!isTexts(merges)) refuse('tokens', 'merges');
  const known = preTokenizerOf(pre);
  if (!known) refuse('pre', String(pre));
  return {
    normalizer: known.normalizer ?? null,
    pre_tokenizer: known.pre,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: known.ignoreMerges ?? false,
      vocab: vocabOf(tokens),
      merges: merges.map((m) => m.split(' ')),
    },
  };
}

/**
 * SentencePiece's BPE joins the two neighbours that make the piece of the best score: a merge for every way to part a
 * piece into two others, best pieces first.
 */
function sentencePiece({
  tokens,
  types,
  scores,
  prefix,
}: {
  tokens: string[];
  types: number[];
  scores: GgufValue | undefined;
  prefix: boolean;
}) {
  if (!isNumbers(scores) || scores.length !== tokens.length) refuse('tokens', 'scores');
  const ids = new Map(tokens.map((piece, id) => [piece, id]));
  // Most places to part a piece give a part that is longer than any: no text is made for these.
  const lengths = new Set(tokens.map((piece) => piece.length));
  const merges: { pair: [string, string]; score: number }[] = [];
  for (const [id, piece] of tokens.entries()) {
    if (types[id] === CONTROL || types[id] === UNKNOWN) continue;
    if (piece.length > MAX_PIECE) refuse('long', piece);
    const parted: [string, string][] = [];
    for (let at = 1; at < piece.length; at++) {
      if (!lengths.has(at) || !lengths.has(piece.length - at) || !ids.has(piece.slice(0, at))) continue;
      const right = piece.slice(at);
      if (ids.has(right)) parted.push([piece.slice(0, at), right]);
    }
    parted.sort(([a, b], [c, d]) => ids.get(a)! - ids.get(c)! || ids.get(b)! - ids.get(d)!);
    merges.push(...parted.map((pair) => ({ pair, score: scores[id] })));
  }
  // Stable: pieces of one score stay in the order of the vocabulary.
  merges.sort((a, b) => b.score - a.score);
  const space = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  return {
    normalizer: prefix ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, space] } : space,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      unk_token: tokens[types.indexOf(UNKNOWN)] ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: vocabOf(tokens),
      merges: merges.map(({ pair }) => pair),
    },
  };
}
