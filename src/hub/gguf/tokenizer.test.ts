import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { quickly } from '../../shared/testing/quickly';
import { createTokenizer } from '../tokenizer';
import { gguf } from '../testing/gguf';
import { NANO, nanoGguf } from '../testing/nanoGguf';
import { readGguf } from './container';
import { tokenizerOf } from './tokenizer';

const TEXTS = [
  'Once upon a time, there was',
  "The hen said: 12 é… don't\n\n  ok",
  '',
  '  \t<|endoftext|> x',
  '漢字 😀',
];

it('byte-level BPE: the same ids as the tokenizer.json of the same model', async () => {
  const [json, config] = ['tokenizer.json', 'tokenizer_config.json'].map(
    (name) => JSON.parse(readFileSync(`${NANO}/${name}`, 'utf8')) as Record<string, unknown>,
  );
  const made = tokenizerOf(readGguf(nanoGguf('F32')));
  const [theirs, ours] = [await createTokenizer(json, config), await createTokenizer(made.json, made.config)];
  for (const text of TEXTS) {
    expect([...ours.encode(text)], text).toEqual([...theirs.encode(text)]);
    expect([...ours.encodeDressed(text)], text).toEqual([...theirs.encodeDressed(text)]);
    expect(ours.decode(ours.encode(text))).toBe(theirs.decode(theirs.encode(text)));
  }
  expect(ours.bosId).toBe(theirs.bosId);
  expect(made.config.eos_token).toBe('<|endoftext|>');
});

it('SentencePiece: pieces of better scores first, bytes for what is unknown', async () => {
  const pieces = [
    '<unk>',
    '<s>',
    '</s>',
    ...Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`),
  ];
  const normal = ['▁', 'a', 'b', 'c', 'ab', 'bc', '▁a', 'abc', '▁ab'];
  // "▁ab" comes before "abc" and "bc": what is joined first decides.
  const score: Record<string, number> = { '▁a': -0.5, ab: -1, bc: -2, abc: -3, '▁ab': -4 };
  const tokens = [...pieces, ...normal];
  const file = (prefix: boolean) =>
    readGguf(
      gguf({
        'tokenizer.ggml.model': 'llama',
        'tokenizer.ggml.tokens': tokens,
        'tokenizer.ggml.scores': tokens.map((t) => score[t] ?? -100.5),
        'tokenizer.ggml.token_type': tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < pieces.length ? 6 : 1)),
        'tokenizer.ggml.bos_token_id': 1,
        'tokenizer.ggml.eos_token_id': 2,
        'tokenizer.ggml.unknown_token_id': 0,
        'tokenizer.ggml.add_space_prefix': prefix,
        'tokenizer.chat_template': '{{ messages }}',
      }),
    );
  const made = tokenizerOf(file(true));
  const tokenizer = await createTokenizer(made.json, made.config);
  expect([...tokenizer.encode('abc')].map((id) => tokens[id])).toEqual(['▁a', 'bc']);
  expect([...tokenizer.encode('aé')].map((id) => tokens[id])).toEqual(['▁a', '<0xC3>', '<0xA9>']);
  expect(tokenizer.decode(tokenizer.encode('ab é c'))).toBe('ab é c');
  expect(made.config).toMatchObject({ bos_token: '<s>', eos_token: '</s>', chat_template: '{{ messages }}' });
  const plain = tokenizerOf(file(false));
  const without = await createTokenizer(plain.json, plain.config);
  expect([...without.encode('abcbc')].map((id) => tokens[id])).toEqual(['abc', 'bc']);
});

// 100 ms a MB: pieces that part in as many ways as there can be, and as many keys and texts as fit.
it.each([
  ['long pieces', { 'tokenizer.ggml.tokens': Array.from({ length: 13_000 }, (_, i) => `${i}`.padStart(64, 'a')) }],
  ['empty pieces', { 'tokenizer.ggml.tokens': Array.from({ length: 80_000 }, () => '') }],
  ['lists of lists', { 'tokenizer.ggml.tokens': ['a'], x: [Array.from({ length: 60_000 }, () => [1])] }],
])('a MB of %s is read or refused in 100 ms', async (_, fields) => {
  const tokens = fields['tokenizer.ggml.tokens'];
  const scores = tokens.map((__, i) => -i - 0.5);
  const bytes = gguf({ 'tokenizer.ggml.model': 'llama', 'tokenizer.ggml.scores': scores, ...fields });
  expect(bytes.length).toBeLessThan(1.2e6);
  await quickly(async () => tokenizerOf(readGguf(bytes)));
});

it('texts begin with BOS where llama.cpp begins them: a Llama 3 does where the file does not say', () => {
  const begins = (fields: Record<string, unknown>) =>
    tokenizerOf(
      readGguf(
        gguf({
          'tokenizer.ggml.model': 'gpt2',
          'tokenizer.ggml.tokens': ['<s>', 'a', 'b', 'ab'],
          'tokenizer.ggml.token_type': [3, 1, 1, 1],
          'tokenizer.ggml.merges': ['a b'],
          'tokenizer.ggml.bos_token_id': 0,
          ...fields,
        }),
      ),
    ).config.add_bos_token;
  expect(begins({ 'tokenizer.ggml.pre': 'llama-bpe' })).toBe(true);
  expect(begins({ 'tokenizer.ggml.pre': 'llama-bpe', 'tokenizer.ggml.add_bos_token': false })).toBe(false);
  expect(begins({ 'tokenizer.ggml.pre': 'qwen2' })).toBe(false);
  expect(begins({})).toBe(false);
});

it('a kind that is not known is named', () => {
  const of = (fields: Record<string, unknown>) => () =>
    tokenizerOf(readGguf(gguf({ 'tokenizer.ggml.tokens': ['a'], ...fields })));
  expect(of({ 'tokenizer.ggml.model': 'rwkv' })).toThrow(/rwkv/);
  expect(
    of({ 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.merges': ['a b'], 'tokenizer.ggml.pre': 'tekken' }),
  ).toThrow(/tekken/);
  expect(of({ 'tokenizer.ggml.model': 'gpt2' })).toThrow(/merges/);
  expect(of({ 'tokenizer.ggml.model': 'llama' })).toThrow(/scores/);
  expect(
    of({
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.tokens': ['x'.repeat(200)],
      'tokenizer.ggml.scores': [-0.5],
    }),
  ).toThrow(/too long/);
});
