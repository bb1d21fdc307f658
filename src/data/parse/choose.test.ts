import { expect, it } from 'vitest';
import { candidates, partOfName, usesOf } from './choose';
import type { Source } from './source';

const source = (path: string, bytes = 100): Source => ({
  path,
  packed: 'zip',
  bytes,
  total: bytes,
  problem: null,
  blob: null,
  pieces: () => {
    throw new Error('not read');
  },
});
const uses = (...files: (string | [string, number])[]) => {
  const found = candidates(
    files.map((f) => (typeof f === 'string' ? source(f) : source(...f))),
    true,
  );
  const told = usesOf(found, {});
  return Object.fromEntries(found.map((f, i) => [f.path, told[i]]).filter(([, use]) => use !== 'none'));
};

it('reads parts of names', () => {
  expect(
    [
      'train.csv',
      'data/training_set.json',
      'dev-00000-of-00001.parquet',
      'val.txt',
      'test_1.csv',
      'x/validation/a.csv',
      'constrained.csv',
      'latest.csv',
      'trainer_state.json',
    ].map(partOfName),
  ).toEqual(['train', 'train', 'validation', 'validation', 'test', 'validation', null, null, null]);
});

it('learns from train, measures on validation, else on test, and leaves what is about the data', () => {
  expect(uses('train.csv', 'valid.csv', 'test.csv', 'README.md')).toEqual({
    'train.csv': 'train',
    'valid.csv': 'validation',
  });
  expect(uses('train.csv', ['test.csv', 900])).toEqual({ 'train.csv': 'train', 'test.csv': 'validation' });
  expect(uses(['dataset_infos.json', 9000], 'train.jsonl', '__MACOSX/._train.jsonl')).toEqual({
    'train.jsonl': 'train',
  });
  expect(uses(['README.md', 9000], ['a.csv', 50], ['b.csv', 70])).toEqual({ 'b.csv': 'train' });
  expect(uses('d/part-00000-of-00002.jsonl', 'd/part-00001-of-00002.jsonl')).toEqual({
    'd/part-00000-of-00002.jsonl': 'train',
    'd/part-00001-of-00002.jsonl': 'train',
  });
});

it('does as a person has chosen', () => {
  const files = [source('a.csv'), source('b.csv')];
  expect(usesOf(files, { 'a.csv': 'validation', 'b.csv': 'train' })).toEqual(['validation', 'train']);
});
