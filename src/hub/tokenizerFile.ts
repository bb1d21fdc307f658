/**
 * What `tokenizer.json` and `tokenizer_config.json` may hold, checked before transformers.js sees them: it allocates
 * what an id says, loops over what a length says, and fails with errors of its own on anything that it did not expect.
 * Layout: https://github.com/huggingface/tokenizers (Rust: serialization of normalizers, pre-tokenizers, models,
 * decoders).
 */
import { z } from '../shared/zod';
import { ModelError } from '../shared/errors';
import { type Message, message } from '../shared/message';

/** Largest id: four times the vocabularies of today. */
const MAX_TOKEN_ID = 2 ** 20;
const MAX_TOKEN = 10_000;
const MAX_STEPS = 64;
const MAX_ADDED = 100_000;

interface AddedToken {
  id: number;
  content: string;
  special: boolean;
}

export interface TokenizerFile {
  added_tokens: AddedToken[];
  normalizer: unknown;
  pre_tokenizer: unknown;
  post_processor: unknown;
  decoder: unknown;
  model: {
    type?: string | null;
    vocab: Record<string, number> | [string, number][];
    merges?: unknown[];
    unk_token?: string | null;
  };
}

const text = z.string().max(MAX_TOKEN);
const flag = z.boolean().nullish();
const id = z.int().min(0).max(MAX_TOKEN_ID);
const count = z.int().min(0).max(1000);
const pattern = z.union([z.looseObject({ String: text }), z.looseObject({ Regex: text })]);
type Shape = Record<string, z.ZodType>;
/** A step of one kind; what else stands in it is not looked at by the library. */
const step = (type: string, shape: Shape = {}) => z.looseObject({ type: z.literal(type), ...shape });
const plain = (...types: string[]) => types.map((type) => step(type));
const list = (of: () => z.ZodType) => z.lazy(() => z.array(of()).max(MAX_STEPS));
type Steps = [z.ZodObject, ...z.ZodObject[]];

const normalizer: z.ZodType = z.discriminatedUnion('type', [
  step('BertNormalizer', { clean_text: flag, handle_chinese_chars: flag, strip_accents: flag, lowercase: flag }),
  step('Precompiled', { precompiled_charsmap: z.string().nullish() }),
  step('Sequence', { normalizers: list(() => normalizer) }),
  step('Replace', { pattern, content: text }),
  step('Strip', { strip_left: flag, strip_right: flag }),
  step('Prepend', { prepend: text }),
  ...plain('NFC', 'NFD', 'NFKC', 'NFKD', 'StripAccents', 'Lowercase'),
] as Steps);

const preTokenizer: z.ZodType = z.discriminatedUnion('type', [
  step('Sequence', { pretokenizers: list(() => preTokenizer) }),
  step('Metaspace', {
    replacement: text.nullish(),
    str_rep: text.nullish(),
    prepend_scheme: text.nullish(),
    add_prefix_space: flag,
  }),
  step('ByteLevel', { add_prefix_space: flag, trim_offsets: flag, use_regex: flag }),
  step('Split', { pattern: pattern.nullish(), behavior: text.nullish(), invert: flag }),
  step('Punctuation', { behavior: text.nullish() }),
  step('Digits', { individual_digits: flag }),
  step('Replace', { pattern, content: text }),
  // Steps of no length would never come to an end.
  step('FixedLength', { length: z.int().min(1).max(MAX_TOKEN) }),
  ...plain('BertPreTokenizer', 'Whitespace', 'WhitespaceSplit'),
] as Steps);

const part = z.union([
  z.looseObject({ SpecialToken: z.looseObject({ id: text }) }),
  z.looseObject({ Sequence: z.looseObject({ id: text }) }),
]);
const mark = z.tuple([text, id]);
const postProcessor: z.ZodType = z.discriminatedUnion('type', [
  step('TemplateProcessing', { single: z.array(part).max(MAX_STEPS), pair: z.array(part).max(MAX_STEPS).nullish() }),
  step('BertProcessing', { sep: mark, cls: mark }),
  step('RobertaProcessing', { sep: mark, cls: mark }),
  step('Sequence', { processors: list(() => postProcessor) }),
  ...plain('ByteLevel'),
] as Steps);

const decoder: z.ZodType = z.discriminatedUnion('type', [
  step('WordPiece', { prefix: text.nullish(), cleanup: flag }),
  step('Metaspace', { replacement: text.nullish() }),
  step('BPEDecoder', { suffix: text.nullish() }),
  step('CTC', { pad_token: text.nullish(), word_delimiter_token: text.nullish(), cleanup: flag }),
  step('Sequence', { decoders: list(() => decoder) }),
  step('Replace', { pattern, content: text.nullish() }),
  step('Strip', { content: text.nullish(), start: count.nullish(), stop: count.nullish() }),
  ...plain('ByteLevel', 'Fuse', 'ByteFallback'),
] as Steps);

const addedToken = z.looseObject({
  id,
  content: text,
  special: z.boolean().default(false),
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: flag,
});

/** Large and even: looked at entry by entry, without a schema's account of each. */
const isId = (n: unknown) => Number.isInteger(n) && (n as number) >= 0 && (n as number) <= MAX_TOKEN_ID;
const isText = (s: unknown) => typeof s === 'string' && s.length <= MAX_TOKEN;
const vocab = z.custom<Record<string, number>>(
  (v) =>
    typeof v === 'object' &&
    v !== null &&
    !Array.isArray(v) &&
    Object.entries(v).every(([token, n]) => isText(token) && isId(n)),
);
const scores = z.custom<[string, number][]>(
  (v) =>
    Array.isArray(v) &&
    v.length <= MAX_TOKEN_ID + 1 &&
    v.every((e) => Array.isArray(e) && isText(e[0]) && typeof e[1] === 'number'),
);
const pair = (m: unknown) => Array.isArray(m) && m.length === 2 && m.every(isText);
const merges = z.custom<unknown[]>((v) => Array.isArray(v) && (v.every(isText) || v.every(pair)));
const unknown = { unk_token: text.nullish() };

const model = z.preprocess(
  named,
  z.discriminatedUnion('type', [
    step('BPE', {
      ...unknown,
      vocab,
      merges,
      continuing_subword_prefix: text.nullish(),
      continuing_subword_suffix: text.nullish(),
      end_of_word_suffix: text.nullish(),
      fuse_unk: flag,
      byte_fallback: flag,
      ignore_merges: flag,
    }),
    step('WordPiece', {
      ...unknown,
      vocab,
      continuing_subword_prefix: text.nullish(),
      max_input_chars_per_word: count.nullish(),
    }),
    step('Unigram', { vocab: scores, unk_id: id.nullish(), byte_fallback: flag }),
  ]),
);

/** Older files do not say which model they describe; what they hold does. */
function named(given: unknown): unknown {
  const { type, vocab: tokens, merges: pairs } = given as Record<string, unknown>;
  return type === undefined || type === null
    ? { ...(given as object), type: Array.isArray(tokens) ? 'Unigram' : pairs ? 'BPE' : 'WordPiece' }
    : given;
}

const file = z.looseObject({
  added_tokens: z
    .array(addedToken)
    .max(MAX_ADDED)
    .nullish()
    .transform((tokens) => tokens ?? []),
  normalizer: normalizer.nullish().transform((s) => s ?? null),
  pre_tokenizer: preTokenizer.nullish().transform((s) => s ?? null),
  post_processor: postProcessor.nullish().transform((s) => s ?? null),
  decoder: decoder.nullish().transform((s) => s ?? null),
  model,
});

// Python knows these as texts or as objects; the library wants to be told which objects are tokens.
const token = z
  .union([text, z.looseObject({ content: text }).transform((t) => ({ ...t, __type: 'AddedToken' }))])
  .nullish();
const config = z.looseObject({
  ...Object.fromEntries(['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((name) => [`${name}_token`, token])),
  additional_special_tokens: z
    .array(z.union([text, z.looseObject({ content: text })]))
    .max(MAX_ADDED)
    .nullish()
    .transform((tokens) => tokens?.map((t) => (typeof t === 'string' ? t : t.content))),
  clean_up_tokenization_spaces: flag,
  remove_space: flag,
  do_lowercase_and_remove_accent: flag,
});

/**
 * Both files as the library may have them. Chat templates are left out: they are rendered elsewhere.
 * @throws {ModelError} naming where the first thing stands that is not as it should be
 */
export function checkTokenizerFiles(json: unknown, settings: unknown): { file: TokenizerFile; config: object } {
  const fail = (why: Message): never => {
    throw new ModelError(message('hub.tokenizer', { why }));
  };
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(json) || !isObject((json as { model?: unknown }).model)) fail(message('hub.tokenizerHas.noModel'));
  if (!isObject(settings)) fail(message('hub.tokenizerHas.noConfig'));
  const read = <T extends z.ZodType>(schema: T, value: unknown, name: string): z.output<T> => {
    let found: z.ZodSafeParseResult<z.output<T>>;
    try {
      found = schema.safeParse(value);
    } catch (error) {
      if (error instanceof RangeError) return fail(message('hub.tokenizerHas.deep')); // the call stack ended
      throw error;
    }
    if (found.success) return found.data;
    return fail(
      message('hub.tokenizerHas.unexpected', { where: [name, ...found.error.issues[0].path].join('.').slice(0, 100) }),
    );
  };
  const { chat_template: _, ...rest } = read(config, settings, 'tokenizer_config.json') as Record<string, unknown>;
  return { file: read(file, json, 'tokenizer.json') as unknown as TokenizerFile, config: rest };
}

/**
 * Tokens that a model does not know have no row in its embedding.
 * @throws {ModelError} when the tokenizer has such
 */
export function refuseBeyond({ largestId: largest }: { largestId: number }, { vocab }: { vocab: number }): void {
  if (largest >= vocab)
    throw new ModelError(message('hub.tokenizer', { why: message('hub.tokenizerHas.beyond', { largest, vocab }) }));
}

/** Entries of its tables: what making one takes grows with them. */
export const entryCount = ({ added_tokens: added, model: { vocab: tokens, merges = [] } }: TokenizerFile): number =>
  added.length + merges.length + (Array.isArray(tokens) ? tokens.length : Object.keys(tokens).length);

/** The largest id that a token of the file has. */
export function largestId({ added_tokens: added, model: { vocab: tokens } }: TokenizerFile): number {
  let largest = Array.isArray(tokens) ? tokens.length - 1 : -1;
  if (!Array.isArray(tokens)) for (const n of Object.values(tokens)) largest = Math.max(largest, n);
  for (const { id: n } of added) largest = Math.max(largest, n);
  return largest;
}
