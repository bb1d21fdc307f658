/**
 * Tokenizer files that are not what they should be: refused in plain words, at no cost, and never by a library's own
 * error.
 */
import { sayError } from '../shared/texts/say';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../shared/errors';
import { quickly } from '../shared/testing/quickly';
import { createTokenizer } from './tokenizer';
import { checkTokenizerFiles, largestId, refuseBeyond } from './tokenizerFile';

type Json = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
const read = (file: string): Json => JSON.parse(readFileSync(`public/models/sieve-stories-nano/${file}`, 'utf8'));
const whole = read('tokenizer.json');
const settings = read('tokenizer_config.json');
const vocab = Object.fromEntries(
  Object.entries(whole.model.vocab as Record<string, number>).filter(([, id]) => id < 300),
);
const pairs = (whole.model.merges as string[][]).slice(0, 20).filter((m) => m.join('') in vocab);
/** A small one of the same kind. */
const small = (): Json => structuredClone({ ...whole, model: { ...whole.model, vocab, merges: pairs } });
const made = (change: (file: Json, config: Json) => void) => {
  const file = small();
  const config = structuredClone(settings);
  change(file, config);
  return { file, config };
};
const refusal = ({ file, config }: { file: Json; config: Json }) =>
  createTokenizer(file, config).then(
    () => {
      throw new Error('nothing was refused');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(ModelError);
      expect(sayError(error as ModelError).hint).not.toBe('');
      return (error as ModelError).message;
    },
  );

const WRONG: Record<string, [change: (file: Json, config: Json) => void, where: RegExp]> = {
  'an id of a billion': [
    (f) => {
      f.model.vocab.a = 1e9;
    },
    /tokenizer\.json\.model\.vocab/,
  ],
  'an id that is no whole number': [
    (f) => {
      f.model.vocab.a = 1.5;
    },
    /model\.vocab/,
  ],
  'an id below nothing': [
    (f) => {
      f.model.vocab.a = -1;
    },
    /model\.vocab/,
  ],
  'ids as text': [
    (f) => {
      f.model.vocab.a = '5';
    },
    /model\.vocab/,
  ],
  'an added token of a billion': [(f) => f.added_tokens.push({ id: 1e9, content: 'x' }), /added_tokens\.1\.id/],
  'added tokens as texts': [
    (f) => {
      f.added_tokens = ['<s>'];
    },
    /added_tokens\.0/,
  ],
  'added tokens without text': [
    (f) => {
      f.added_tokens = [{ id: 3 }];
    },
    /added_tokens\.0\.content/,
  ],
  'merges that are numbers': [
    (f) => {
      f.model.merges = [1, 2];
    },
    /model\.merges/,
  ],
  'merges of three': [
    (f) => {
      f.model.merges = [['a', 'b', 'c']];
    },
    /model\.merges/,
  ],
  'no merges': [
    (f) => {
      f.model.merges = null;
    },
    /model\.merges/,
  ],
  'a model of an unknown kind': [
    (f) => {
      f.model.type = 'Neural';
    },
    /model\.type/,
  ],
  'a template with a text in it': [
    (f) => {
      f.post_processor.single[1] = 'x';
    },
    /post_processor\.single\.1/,
  ],
  'steps of no length': [
    (f) => {
      f.pre_tokenizer = { type: 'FixedLength', length: 0 };
    },
    /pre_tokenizer\.length/,
  ],
  'a step of an unknown kind': [
    (f) => {
      f.normalizer = { type: 'Rot13' };
    },
    /normalizer\.type/,
  ],
  'a step inside a sequence': [
    (f) => {
      f.decoder = { type: 'Sequence', decoders: [{ type: 'Strip', content: 7 }] };
    },
    /decoder\.decoders\.0\.content/,
  ],
  'steps in steps in steps': [
    (f) => {
      let inner: Json = { type: 'NFC' };
      for (let i = 0; i < 20_000; i++) inner = { type: 'Sequence', normalizers: [inner] };
      f.normalizer = inner;
    },
    /nested too deeply/,
  ],
  'an end that is true': [
    (_, c) => {
      c.eos_token = true;
    },
    /tokenizer_config\.json\.eos_token/,
  ],
  'a pattern that is none': [
    (f) => {
      f.pre_tokenizer = { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated', invert: false };
    },
    /no tokenizer can be made of it/,
  ],
  'no model': [
    (f) => {
      f.model = null;
    },
    /describes no model/,
  ],
};

describe('tokenizer files', () => {
  it('a small one is taken', async () => {
    const { file, config } = made(() => {});
    const tokenizer = await createTokenizer(file, config);
    expect(tokenizer.decode(tokenizer.encode('he said'))).toBe('he said');
    expect([tokenizer.largestId, largestId(checkTokenizerFiles(whole, settings).file)]).toEqual([299, 4095]);
  });

  it.each(Object.keys(WRONG))('%s', async (name) => {
    const [change, where] = WRONG[name];
    expect(await refusal(made(change))).toMatch(where);
  });

  it('kinds without a name are known by what they hold, tokens of a configuration by their text', async () => {
    const { file, config } = made((f, c) => {
      delete f.model.type;
      c.eos_token = { content: '<|endoftext|>' };
    });
    expect((await createTokenizer(file, config)).eosId).toBe(0);
  });

  it('ids beyond a model’s vocabulary are refused when it is opened', async () => {
    const { file, config } = made((f) => f.added_tokens.push({ id: 300, content: '<|im_start|>', special: true }));
    const tokenizer = await createTokenizer(file, config);
    expect(() => refuseBeyond(tokenizer, { vocab: 301 })).not.toThrow();
    expect(() => refuseBeyond(tokenizer, { vocab: 300 })).toThrow(
      /largest token id is 300, but the model has 300 tokens/,
    );
  });

  it('whatever is changed, it is a tokenizer or a ModelError', async () => {
    const odd = fc.constantFrom<unknown>(
      null,
      true,
      -1,
      1e9,
      0.5,
      '',
      'x',
      '(',
      [],
      {},
      ['a'],
      { type: 'x' },
      'a'.repeat(20_000),
    );
    /** Puts a value in the place that the numbers lead to. */
    const put = (at: Json, [first, ...rest]: number[], value: unknown): void => {
      const keys = Object.keys(at);
      if (keys.length === 0) return;
      const key = keys[first % keys.length];
      if (rest.length > 0 && typeof at[key] === 'object' && at[key] !== null) put(at[key] as Json, rest, value);
      else at[key] = value;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }), odd), {
          minLength: 1,
          maxLength: 3,
        }),
        async (changes) => {
          const { file, config } = made((f, c) =>
            changes.forEach(([ofConfig, path, value]) => put(ofConfig ? c : f, path, value)),
          );
          try {
            const tokenizer = await createTokenizer(file, config);
            const ids = tokenizer.encode('The hen said: é 12');
            expect(Math.max(0, ...ids)).toBeLessThanOrEqual(tokenizer.largestId);
            tokenizer.decode(ids);
            tokenizer.pieces(ids);
            tokenizer.encodeDressed('a <|endoftext|> b');
          } catch (error) {
            if (!(error instanceof ModelError)) throw error;
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  const shared = new URL('../../../shared/cases/faults/', import.meta.url);
  it.skipIf(!existsSync(shared)).each(['huge-id', 'untyped-1', 'untyped-2'])(
    'tokenizer-%s (needs ../shared)',
    async (name) => {
      const [file, config] = JSON.parse(readFileSync(new URL(`tokenizer-${name}.json`, shared), 'utf8')) as [
        Json,
        Json,
      ];
      expect(await quickly(() => refusal({ file, config }))).toMatch(/is not known here, or out of bounds/);
    },
  );
});
