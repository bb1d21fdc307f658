import { expect, test } from 'vitest';
import { stringsOf, wordsOf } from './words.mjs';

const found = (file, text) => wordsOf(file, text).map(({ line, word }) => [line, word]);

test('a catalogue is read without its code: strings, templates and what stands inside of them', () => {
  const source = [
    "/** The slice's price. */",
    "export const t = { heldOut: 'held-out', // learnt",
    "  'saved session': (slice: string) => `a ${slice === '' ? 'slice' : `${slice} by heart`} of it`,",
    "  plain: on ? 'one' : 'arms',",
    '};',
  ].join('\n');
  expect(stringsOf(source).map((line) => line.trim().replaceAll(/\s+/g, ' '))).toEqual([
    '',
    'held-out',
    'a … slice … by heart of it',
    'one arms',
    '',
  ]);
  expect(found('src/shared/texts/en/train.ts', source)).toEqual([
    [2, 'held-out'],
    [3, 'slice'],
    [3, 'by heart'],
    [4, 'arms'],
  ]);
});

test('words of another language, of prose, and what is allowed where', () => {
  expect(found('src/shared/texts/zh/train.ts', "a: '留出样本',")).toEqual([[1, '留出']]);
  expect(found('README.md', 'The `slice` of\n[a run](held-out.md) is held\n<!-- learnt -->out: held out.')).toEqual([
    [3, 'held out'],
  ]);
  expect(found('docs/faults.md', 'A test “is left out” and is left out.')).toEqual([[1, 'left out']]);
  expect(found('README.md', 'Validation loss, armour, sliced bread, priceless.')).toEqual([]);
});
