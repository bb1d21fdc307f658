import { expect, it } from 'vitest';
import { UNSEEN, frequencyBands, positionBand, tokenKind } from './tokenClass';

it('tells what a token is, from itself and its neighbours', () => {
  const text: [string, string][] = [
    ['<s>', 'mark'],
    ['The', 'function word'],
    [' fox', 'other word'],
    [',', 'punctuation'],
    [' who', 'function word'],
    [' un', 'other word'],
    ['der', 'inside a word'],
    ['\n', 'whitespace'],
    ['The', 'function word'],
    ['re', 'inside a word'],
    [' 42', 'digits'],
    ['7', 'digits'],
    ['...', 'punctuation'],
    [' ', 'whitespace'],
    ['', 'mark'],
    ['"', 'punctuation'],
    ['A', 'function word'],
  ];
  const pieces = text.map(([piece]) => piece);
  // "The" before "re" is the start of another word, not an article.
  const expected = text.map(([, kind], i) => (i === 8 ? 'other word' : kind));
  expect(pieces.map((_, i) => tokenKind(pieces, i))).toEqual(expected);
});

it('takes letters of every script for words', () => {
  expect(tokenKind([' fôret'], 0)).toBe('other word');
  expect(tokenKind(['狐'], 0)).toBe('other word');
  expect(tokenKind(['。'], 0)).toBe('punctuation');
  expect(tokenKind(['٣'], 0)).toBe('digits');
});

it('bands places from 1', () => {
  expect([0, 1, 3, 4, 15, 63, 64, 900].map(positionBand)).toEqual([
    'first',
    '2–4',
    '2–4',
    '5–8',
    '9–16',
    '33–64',
    'after 64',
    'after 64',
  ]);
});

it('bands ids by their rank in the data', () => {
  // id i stands 200 − i times.
  const ids = Array.from({ length: 150 }, (_, id) => new Array<number>(200 - id).fill(id)).flat();
  const band = frequencyBands(ids);
  expect([0, 9, 10, 99, 100, 149, 150].map(band)).toEqual([
    'the 10 commonest',
    'the 10 commonest',
    'the next 90',
    'the next 90',
    'the next 900',
    'the next 900',
    UNSEEN,
  ]);
});
