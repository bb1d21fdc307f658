/**
 * The model's tokenizer, through transformers.js. What is added here: text that looks like a special token stays
 * text, each token can be shown on its own, and text can be decoded piece by piece.
 */
import type { PreTrainedTokenizer } from '@huggingface/transformers';
import type { ChatTemplate } from '../shared/data';
import { ModelError } from '../shared/errors';
import { classModelOf } from '../shared/classHead';
import { GUARD, unguard } from '../shared/guard';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import type { Frame, ModelSource, Prompt, Tokenizer } from '../shared/types';
import { forgetHead, orFromGguf } from './gguf/head';
import { tokenizerOf } from './gguf/tokenizer';
import { fetchConfig } from './model';
import { FetchError, type FetchOptions } from './download';
import { fetchJson } from './source';
import { openChatTemplates } from './templateFiles';
import { PICTURE_CONFIG, pictureTokenizer, readPictureFormat } from './pictures';
import { checkTokenizerFiles, entryCount, largestId, refuseBeyond } from './tokenizerFile';

const MAX_TOKENIZER = 64 << 20;
const MAX_TOKENIZER_CONFIG = 4 << 20;

/**
 * Opens the tokenizer of a model: `tokenizer.json` and `tokenizer_config.json`. Works without network for embedded
 * models. One that comes from elsewhere is made in a worker first, which can be ended; those of the app are its own.
 * @throws {ModelError} also when it has tokens that the model does not know, or the model cannot be trained
 */
export async function openTokenizer(source: ModelSource, options: FetchOptions = {}): Promise<Tokenizer> {
  return (await open(source, options)).tokenizer;
}

/** As `openTokenizer`, with the chat templates that the model brings. */
export async function openChatTokenizer(
  source: ModelSource,
  options: FetchOptions = {},
): Promise<{ tokenizer: Tokenizer; templates: ChatTemplate[] }> {
  try {
    const { tokenizer, settings } = await open(source, options);
    const templates = tokenizer.pictures ? [] : await openChatTemplates(source, settings, options);
    return { tokenizer, templates };
  } finally {
    forgetHead();
  }
}

async function open(source: ModelSource, options: FetchOptions): Promise<{ tokenizer: Tokenizer; settings: unknown }> {
  const own = async () => ({
    json: await fetchJson(source, 'tokenizer.json', MAX_TOKENIZER, options),
    config: await fetchJson(source, 'tokenizer_config.json', MAX_TOKENIZER_CONFIG, options),
  });
  const known = fetchConfig(source, options);
  if (source.kind !== 'embedded') {
    const { patches } = (await known).embedding;
    if (patches) {
      const settings = await fetchJson(source, PICTURE_CONFIG, MAX_TOKENIZER_CONFIG, options);
      return { tokenizer: pictureTokenizer(readPictureFormat(settings, patches)), settings };
    }
  }
  const [config, { json, config: settings }, stops] = await Promise.all([
    known,
    orFromGguf<{ json: unknown; config: unknown }>(source, options, own, tokenizerOf),
    fetchStops(source, options),
  ]);
  const { file } = checkTokenizerFiles(json, settings);
  refuseBeyond({ largestId: largestId(file) }, config);
  // Node has no workers of the web: tests of models go without.
  if (source.kind !== 'embedded' && typeof Worker !== 'undefined')
    await (await import('./tokenizerProof')).proveTokenizer(file, [json, settings], options.signal);
  const head = { reads: classModelOf(config)?.head.reads ?? null, writes: !tellsClasses(config) };
  return { tokenizer: await createTokenizer(json, settings, [...config.eosIds, ...stops], head), settings };
}

/** Where generation stops, as the model's generation settings say; a model may lack them. */
async function fetchStops(source: ModelSource, options: FetchOptions): Promise<number[]> {
  try {
    return stopsIn(await fetchJson(source, 'generation_config.json', MAX_TOKENIZER_CONFIG, options));
  } catch (error) {
    if (error instanceof FetchError && error.reason === 'missing') return [];
    throw error;
  }
}

/** `eos_token_id` of a configuration: one id, or a list of them. What is no id is passed over. */
function stopsIn(config: unknown): number[] {
  const given =
    typeof config === 'object' && config !== null ? (config as { eos_token_id?: unknown }).eos_token_id : null;
  return (Array.isArray(given) ? given : [given]).filter(
    (id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0,
  );
}

/**
 * Heap that one keeps for each entry of its tables, in bytes: 254 were seen of SmolLM2's 98,069, 367 of a small one's.
 */
const BYTES_PER_ENTRY = 300;

/** Memory that an open tokenizer keeps, in bytes. */
export const tokenizerBytes = ({ entries }: Pick<Tokenizer, 'entries'>): number => entries * BYTES_PER_ENTRY;

/** Ids of a prompt: what a template wrote begins as it stands, all else with the mark of a beginning. */
export function promptIds(tokenizer: Tokenizer, prompt: Prompt): Int32Array {
  if (typeof prompt !== 'string') return tokenizer.encodeDressed(prompt.templated);
  return Int32Array.from([...(tokenizer.bosId === null ? [] : [tokenizer.bosId]), ...tokenizer.encode(prompt)]);
}

/** Ids of a text that is read as a whole, at most `most` of them: what does not fit is cut from its end. */
export function framedIds({ encode, frame }: Tokenizer, text: string, most: number): Int32Array {
  const { before, after } = frame ?? { before: [], after: [] };
  const own = encode(text).subarray(0, Math.max(0, most - before.length - after.length));
  return Int32Array.from([...before, ...own, ...after]);
}

interface HeadReads extends Pick<Tokenizer, 'writes'> {
  reads: Frame['reads'] | null;
}

/**
 * A tokenizer from the contents of its two files.
 * @param stops tokens at which generation stops besides the tokenizer's own end
 * @param head which token a head with classes reads, null where there can be none; and whether the model writes text
 * @throws {ModelError} when they are not a tokenizer's; so do its functions, where the library fails at a text.
 */
export async function createTokenizer(
  json: unknown,
  config: unknown,
  stops: readonly number[] = [],
  head: HeadReads = { reads: null, writes: true },
): Promise<Tokenizer> {
  const files = checkTokenizerFiles(json, config);
  const library = await import('@huggingface/transformers');
  return guarded(() => build(library.PreTrainedTokenizer, files, stops, head));
}

/** The library's errors are many, and none of them is for a person. */
function guarded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ModelError) throw error;
    if (error instanceof Error)
      throw new ModelError(message('hub.tokenizer', { why: message('hub.tokenizerHas.notBuilt') }));
    throw error;
  }
}

/** Words whose pieces are kept, as many as the library keeps. */
const KEPT_WORDS = 10_000;

/**
 * The pieces of words that byte-pair encoding has met. The library's own cache takes a word out and puts it in again at
 * every use, and V8 then copies the whole table every so often: half of all time of encoding. Here nothing moves, and
 * what is full starts over; which words are kept changes no token.
 */
class Words {
  readonly #pieces = new Map<string, string[]>();

  get(word: string): string[] | undefined {
    return this.#pieces.get(word);
  }

  put(word: string, pieces: string[]): void {
    if (this.#pieces.size >= KEPT_WORDS) this.#pieces.clear();
    this.#pieces.set(word, pieces);
  }

  clear(): void {
    this.#pieces.clear();
  }
}

/** The library's tokenizer with a cache that does not move; only byte-pair encoding has one. */
function withWords(tokenizer: PreTrainedTokenizer): PreTrainedTokenizer {
  // oxlint-disable-next-line no-underscore-dangle -- so the library names its inside
  const { model } = (tokenizer as unknown as { _tokenizer: { model: { cache?: Words } } })._tokenizer;
  if (model.cache) model.cache = new Words();
  return tokenizer;
}

function build(
  Library: typeof PreTrainedTokenizer,
  { file, config }: ReturnType<typeof checkTokenizerFiles>,
  stops: readonly number[],
  { reads, writes }: HeadReads,
): Tokenizer {
  const added = file.added_tokens;
  const special = new Map(added.filter((t) => t.special).map((t) => [t.id, t.content]));
  const full = withWords(new Library(file, config));
  // Without the special tokens in its list the splitter does not look for them in the text
  // (Hugging Face's `split_special_tokens=True`).
  const split = withWords(new Library({ ...file, added_tokens: added.filter((t) => !t.special) }, config));
  const largest = largestId(file);
  const idsOf = (of: PreTrainedTokenizer, text: string): number[] =>
    guarded(() => {
      // What no token covers, where there is none for the unknown, has no id. Python drops it, too.
      const ids = (of.encode(text, { add_special_tokens: false }) as (number | undefined)[]).filter(
        (id) => id !== undefined,
      );
      for (const id of ids)
        if (!(id >= 0 && id <= largest))
          throw new ModelError(message('hub.tokenizer', { why: message('hub.tokenizerHas.foreignId', { id }) }));
      return ids;
    });

  // What the tokenizer's own template puts before a text: asked, not guessed.
  const bare = full.encode('a', { add_special_tokens: false });
  const templated = full.encode('a', { add_special_tokens: true });
  const before = templated.findIndex((_, i) => bare.every((id, j) => templated[i + j] === id));
  const idOf = (token: string | null): number | null => {
    const id = token === null ? undefined : full.convert_tokens_to_ids(token);
    return typeof id === 'number' ? id : null;
  };
  const after = before < 0 ? [] : templated.slice(before + bare.length);
  // Of a text's tokens transformers' decoders read the last that is not the padding's.
  if (reads === 'last') while (after.length > 0 && after.at(-1) === idOf(full.pad_token)) after.pop();
  const frame = reads && { before: before < 0 ? [] : templated.slice(0, before), after, reads };

  const byteLevel = mentions(file.decoder, 'ByteLevel') || mentions(file.pre_tokenizer, 'ByteLevel');
  const vocab = new Map<number, string>();
  for (const [token, id] of full.get_vocab()) vocab.set(id, token);
  // Python drops a character that no token covers when the model names no unknown token; the library writes id 0.
  const unknown = idOf(file.model.unk_token ?? null);
  const isAdded = new Set(added.map((t) => t.id));
  const bytesOf = (id: number): Uint8Array => {
    const token = vocab.get(id) ?? '';
    if (isAdded.has(id)) return new TextEncoder().encode(token);
    return byteLevel ? byteLevelBytes(token) : metaspaceBytes(token);
  };

  const encode = (text: string): Int32Array => {
    if (text === '') return new Int32Array(0);
    return Int32Array.from(idsOf(split, text).filter((id) => !special.has(id) || id === unknown));
  };
  const eosId = idOf(full.eos_token);
  const marks = new Map([...special].filter(([id, text]) => id !== unknown && text !== ''));

  return {
    encode,
    encodeDressed: (text) => {
      if (text === '') return new Int32Array(0);
      // A special token that the text does not hold is how the library writes what it does not know, see above.
      if (!text.includes(GUARD))
        return Int32Array.from(idsOf(full, text).filter((id) => !marks.has(id) || text.includes(marks.get(id)!)));
      // Special tokens that the template wrote part the text; what looks like one between them does not.
      return Int32Array.from(
        splitMarks(text, marks).flatMap((part) => (typeof part === 'number' ? [part] : [...encode(unguard(part))])),
      );
    },
    frame,
    writes,
    special: marks,
    pieces: (ids) => Array.from(ids, (id) => showBytes(bytesOf(id))),
    decode: (ids) => {
      const kept = Array.from(ids).filter((id) => !special.has(id));
      return kept.length === 0
        ? ''
        : guarded(() => full.decode(kept, { skip_special_tokens: true, clean_up_tokenization_spaces: false }));
    },
    largestId: largest,
    entries: entryCount(file),
    bosId: before > 0 ? templated[0] : null,
    eosId,
    stopIds: new Set([...stops, ...(eosId === null ? [] : [eosId])]),
  };
}

/** The text at its special tokens, which come as ids. */
function splitMarks(text: string, marks: ReadonlyMap<number, string>): (string | number)[] {
  const ids = new Map([...marks].map(([id, mark]) => [mark, id]));
  // Of two that begin alike the longer is meant.
  const any = [...ids.keys()]
    .sort((a, b) => b.length - a.length)
    .map((mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (any.length === 0) return [text];
  return text
    .split(new RegExp(`(${any.join('|')})(?!${GUARD[0]})`, 'u'))
    .map((part, i) => (i % 2 === 1 ? ids.get(part)! : part));
}

/** Whether a pipeline step (or one inside a Sequence) is of the type. */
function mentions(step: unknown, type: string, depth = 0): boolean {
  if (typeof step !== 'object' || step === null || depth > 3) return false;
  const s = step as { type?: unknown; decoders?: unknown; pretokenizers?: unknown };
  if (s.type === type) return true;
  const inner = [s.decoders, s.pretokenizers].filter(Array.isArray).flat();
  return inner.some((child) => mentions(child, type, depth + 1));
}

/**
 * GPT-2's byte alphabet: printable Latin-1 bytes stand for themselves, the other 68 are written as U+0100 onwards,
 * in order. Code point → byte.
 */
const BYTE_ALPHABET = ((): Map<number, number> => {
  const map = new Map<number, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    map.set(printable ? byte : next++, byte);
  }
  return map;
})();

function byteLevelBytes(token: string): Uint8Array {
  return Uint8Array.from(Array.from(token, (c) => BYTE_ALPHABET.get(c.codePointAt(0)!) ?? 0x3f));
}

/** SentencePiece style: ▁ is a space, <0x0A> is a byte. */
function metaspaceBytes(token: string): Uint8Array {
  const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
  return byte ? Uint8Array.of(parseInt(byte[1], 16)) : new TextEncoder().encode(token.replaceAll('\u2581', ' '));
}

/** Whole characters as they are, the bytes of broken ones as `\xE2`. */
function showBytes(bytes: Uint8Array): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i];
    const length =
      lead < 0x80
        ? 1
        : lead >= 0xc2 && lead < 0xe0
          ? 2
          : lead >= 0xe0 && lead < 0xf0
            ? 3
            : lead >= 0xf0 && lead < 0xf5
              ? 4
              : 0;
    const whole =
      length > 0 && i + length <= bytes.length ? new TextDecoder().decode(bytes.subarray(i, i + length)) : '\ufffd';
    if (whole.includes('\ufffd')) {
      text += `\\x${lead.toString(16).toUpperCase().padStart(2, '0')}`;
      i++;
    } else {
      text += whole;
      i += length;
    }
  }
  return text;
}

/** Turns a growing list of ids into pieces of text: a character comes out once all its bytes are there. */
export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #ids: number[] = [];
  #shown = '';

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** New text after one more token; may be empty. */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#tokenizer.decode(this.#ids);
    // A trailing replacement character may be the first half of a character.
    return text.endsWith('\ufffd') ? '' : this.#emit(text);
  }

  /** What is left, broken characters included. */
  end(): string {
    return this.#emit(this.#tokenizer.decode(this.#ids));
  }

  #emit(text: string): string {
    const piece = text.slice(this.#shown.length);
    this.#shown = text;
    return piece;
  }
}
