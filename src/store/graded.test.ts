import { expect, it } from 'vitest';
import type { LabelledSet } from '../shared/classification';
import { type Classifying, answersOf, gradedOf } from './graded';

const SET: LabelledSet = {
  by: 'likelihood',
  classes: ['bug', 'billing'],
  labels: [0, 1, 0, 1],
  texts: ['a', 'b', 'c', 'd'],
};
const run = (key: string, predicted: number[], set = SET): Classifying => ({
  key,
  name: key.toUpperCase(),
  index: 1,
  classified: { set, step: 9, predicted, probability: [0.5, 0.6, 0.7, 0.8] },
});

it('only those measured on the same examples stand beside one another', () => {
  const other = { ...SET, texts: ['a', 'b', 'c', 'e'] };
  // A copy, as a file has it, is the same set.
  const all = [
    { ...run('none', []), classified: null },
    run('lora', [0, 0, 0, 1]),
    run('dora', [0, 1, 0, 1], structuredClone(SET)),
    run('old', [0, 0, 0, 0], other),
  ];
  const { set, graded, others } = gradedOf(all);
  expect(set).toBe(SET);
  expect(graded.map((g) => [g.key, g.scores.right])).toEqual([
    ['lora', 3],
    ['dora', 4],
  ]);
  expect(others.map((c) => c.key)).toEqual(['old']);
  expect(gradedOf(all, 'old').graded.map((g) => g.key)).toEqual(['old']);
  expect(gradedOf([all[0]])).toEqual({ set: null, graded: [], others: [] });
});

it('behind a cell are its examples, behind no cell all mistakes, the surest first', () => {
  const [lora] = gradedOf([run('lora', [1, 0, 1, 1])]).graded;
  expect(answersOf(lora, null).map((a) => [a.text, a.label, a.predicted, a.probability])).toEqual([
    ['c', 'bug', 'billing', 0.7],
    ['b', 'billing', 'bug', 0.6],
    ['a', 'bug', 'billing', 0.5],
  ]);
  expect(answersOf(lora, [0, 1]).map((a) => a.example)).toEqual([2, 0]);
  expect(answersOf(lora, [0, 0])).toEqual([]);
});
