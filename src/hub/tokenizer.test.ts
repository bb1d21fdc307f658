import { existsSync, readFileSync } from 'node:fs';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ModelError } from '../shared/errors';
import { ALIVE } from '../shared/startWorker';
import type { Tokenizer } from '../shared/types';
import { message } from '../shared/message';
import { giveFolder } from './source';
import { createTokenizer, openTokenizer, TextStream, tokenizerBytes } from './tokenizer';
import type { TokenizerFile } from './tokenizerFile';

setFlagsFromString('--expose-gc');

const read = (folder: string, file: string): unknown => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
const open = (folder: string) => createTokenizer(read(folder, 'tokenizer.json'), read(folder, 'tokenizer_config.json'));

describe('a tokenizer from a folder', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  /** Workers answer so. @param asked is told of each @param after ms that it takes */
  const answering = (reply: unknown, { asked = () => {}, after = 0 }: { asked?: () => void; after?: number }) =>
    vi.stubGlobal(
      'Worker',
      class extends EventTarget {
        constructor() {
          super();
          queueMicrotask(() => this.say(ALIVE));
        }
        say(data: unknown) {
          this.dispatchEvent(new MessageEvent('message', { data }));
        }
        postMessage() {
          asked();
          if (after === 0) this.say(reply);
          else setTimeout(() => this.say(reply), after);
        }
        terminate() {}
      },
    );

  it('is given time by its tables: a busy machine takes long for large ones', async () => {
    const { proveTokenizer } = await import('./tokenizerProof');
    const proof = (merges: number) => {
      const file = { added_tokens: [], model: { vocab: {}, merges: Array<string>(merges).fill('a b') } };
      return proveTokenizer(file as unknown as TokenizerFile, [null, null]);
    };
    vi.useFakeTimers();
    answering({ kind: 'proven' }, { after: 25_000 });
    const [large, small] = [proof(98_069), proof(10)];
    const refused = small.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(26_000);
    expect(await refused).toHaveProperty('message', expect.stringContaining('within 2 s'));
    await large;
  });

  it('is tried in a worker first, as one of the hub', async () => {
    const why = message('hub.tokenizerHas.notBuilt');
    let asked = 0;
    answering({ kind: 'failed', error: message('hub.tokenizer', { why }) }, { asked: () => asked++ });
    const nano = 'public/models/sieve-stories-nano';
    const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
    giveFolder('foreign', new Map(files.map((name) => [name, new Blob([readFileSync(`${nano}/${name}`)])])));
    await expect(openTokenizer({ kind: 'folder', id: 'foreign' })).rejects.toThrow(ModelError);
    expect(asked).toBe(1);
  });
});

/** Ids from Python: AutoTokenizer(...)(text, add_special_tokens=False, split_special_tokens=True).input_ids. */
const TEXT = 'Once upon a time, there was a naïve café owner — “Zoë”!\n\tShe said: 3.14 <|endoftext|> 😀 done.  ';
const IDS = [
  508, 491, 259, 423, 12, 405, 289, 259, 292, 65, 128, 108, 321, 277, 2119, 128, 103, 3083, 221, 159, 223, 243, 221,
  159, 223, 251, 58, 79, 128, 105, 159, 223, 252, 1, 199, 198, 781, 343, 26, 2703, 14, 17, 20, 221, 28, 92, 412, 79,
  767, 3139, 92, 30, 221, 173, 254, 247, 223, 1025, 14, 221, 221,
];

it('keeps about as much memory as the plan says of its tables', async () => {
  const collect = runInNewContext('gc') as () => void;
  const heap = () => {
    collect();
    return getHeapStatistics().used_heap_size;
  };
  const nano = 'public/models/sieve-stories-nano';
  // What the library is, and what is made once, is not a tokenizer's.
  const kept = [await open(nano)];
  const before = heap();
  for (let i = 0; i < 4; i++) kept.push(await open(nano));
  const share = (heap() - before) / 4 / tokenizerBytes(kept[0]);
  expect(share, `${kept.length} tokenizers`).toBeGreaterThan(0.6);
  expect(share).toBeLessThan(1.4);
});

describe('the tokenizer of the embedded models', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await open('public/models/sieve-stories-nano');
  });

  it('gives the ids Python gives, with special tokens in the text taken as text', () => {
    expect([...tokenizer.encode(TEXT)]).toEqual(IDS);
    expect([...tokenizer.encode('<|endoftext|>')]).not.toContain(0);
    expect([...tokenizer.encode('')]).toEqual([]);
  });

  it('decodes what it encoded, and leaves special tokens out', () => {
    expect(tokenizer.decode(IDS)).toBe(TEXT);
    expect(tokenizer.decode([0, ...IDS, 0])).toBe(TEXT);
    expect(tokenizer.decode([])).toBe('');
    const strange = '\u0000 \u202e <script>alert(1)</script> __proto__ \ufeff x';
    expect(tokenizer.decode(tokenizer.encode(strange))).toBe(strange);
  });

  it('stops at its own end and wherever the model says so', async () => {
    expect([...tokenizer.stopIds]).toEqual([0]);
    const other = await createTokenizer(
      read('public/models/sieve-stories-nano', 'tokenizer.json'),
      read('public/models/sieve-stories-nano', 'tokenizer_config.json'),
      [7, 9],
    );
    expect([...other.stopIds].sort()).toEqual([0, 7, 9]);
    expect(other.eosId).toBe(0);
  });

  it('shows each token, broken characters as bytes', () => {
    expect(tokenizer.pieces(IDS).slice(0, 5)).toEqual(['Once', ' upon', ' a', ' time', ',']);
    expect(tokenizer.pieces(tokenizer.encode('😀'))).toEqual(['\\xF0', '\\x9F', '\\x98', '\\x80']);
    expect(tokenizer.pieces([0])).toEqual(['<|endoftext|>']);
    expect(tokenizer.pieces(IDS).join('')).toContain('<|endoftext|>');
  });

  it('knows what it puts before a text itself', () => {
    expect(tokenizer.bosId).toBe(0);
    expect(tokenizer.eosId).toBe(0);
  });

  it('streams whole characters', () => {
    const stream = new TextStream(tokenizer);
    const pieces = [...tokenizer.encode('né 😀!')].map((id) => stream.push(id));
    expect(pieces.join('') + stream.end()).toBe('né 😀!');
    expect(pieces.some((p) => p.includes('\ufffd'))).toBe(false);
    const broken = new TextStream(tokenizer);
    expect(broken.push(tokenizer.encode('😀')[0])).toBe('');
    expect(broken.end()).toBe('\ufffd');
  });

  it('refuses files that are no tokenizer', async () => {
    await expect(createTokenizer({}, {})).rejects.toThrow(ModelError);
    await expect(createTokenizer(null, {})).rejects.toThrow(ModelError);
    await expect(createTokenizer({ model: { type: 'None' } }, {})).rejects.toThrow(ModelError);
  });
});

const smollm = '../shared/models/smollm-360m-tokenizer-only';
const tinyStories = '../shared/models/tinystories-656k-llama';

describe('other tokenizers', () => {
  it.skipIf(!existsSync(smollm))(`SmolLM puts nothing before a text (skipped without ${smollm})`, async () => {
    const tokenizer = await open(smollm);
    expect(tokenizer.bosId).toBeNull();
    // Python, as above, for 'Hello <|im_start|>user 1234'.
    expect([...tokenizer.encode('Hello <|im_start|>user 1234')]).toEqual(SMOLLM_IDS);
  });
  it.skipIf(!existsSync(tinyStories))(`a SentencePiece-style one (skipped without ${tinyStories})`, async () => {
    const tokenizer = await open(tinyStories);
    expect([...tokenizer.encode('Once upon a time <s> é')]).toEqual(TINY_IDS);
    expect(tokenizer.decode(tokenizer.encode('Once upon a time <s> é'))).toBe('Once upon a time <s> ');
    expect(tokenizer.bosId).toBe(1);
    expect(tokenizer.pieces(tokenizer.encode('a time'))[0]).toMatch(/^ /);
  });
});

const SMOLLM_IDS = [19556, 2067, 108, 306, 79, 3738, 108, 46, 4093, 216, 33, 34, 35, 36];
/**
 * From Python's `tokenizers`, with encode_special_tokens: é is not in the vocabulary, so the unknown token (0) stays.
 */
const TINY_IDS = [80, 147, 201, 282, 81, 23, 71, 24, 80, 0];
