/**
 * Scores against scikit-learn’s and SciPy’s on the same answers (python/sieve_ref/classification.py), and words of
 * short answers.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exactMatch, majorityScores, scoresOf, tokenF1 } from './classification';

interface Case {
  name: string;
  classes: number;
  labels: number[];
  predicted: number[];
  accuracy: number;
  low: number;
  high: number;
  macroF1: number;
  precision: number[];
  recall: number[];
  f1: number[];
  support: number[];
  confusion: [label: number, predicted: number, n: number][];
}

const cases = JSON.parse(readFileSync('python/fixtures/classification.json', 'utf8')) as Case[];

describe('scores are scikit-learn’s', () => {
  it.each(cases)('$name', (c) => {
    const scores = scoresOf(c.labels, c.predicted, c.classes);
    expect(scores.examples).toBe(c.labels.length);
    expect(scores.accuracy!.share).toBeCloseTo(c.accuracy, 14);
    expect(scores.accuracy!.low).toBeCloseTo(c.low, 12);
    expect(scores.accuracy!.high).toBeCloseTo(c.high, 12);
    expect(scores.macroF1).toBeCloseTo(c.macroF1, 14);
    for (const which of ['precision', 'recall', 'f1'] as const)
      scores.classes.forEach((own, i) => expect(own[which], `${which} of ${i}`).toBeCloseTo(c[which][i], 14));
    expect(scores.classes.map((own) => own.support)).toEqual(c.support);
    const found = [...scores.confusion.entries()]
      .filter(([, n]) => n > 0)
      .map(([at, n]) => [Math.floor(at / c.classes), at % c.classes, n]);
    expect(found).toEqual(c.confusion);
  });
});

it('no example has no accuracy', () => {
  expect(scoresOf([], [], 3)).toMatchObject({ examples: 0, right: 0, accuracy: null, macroF1: null });
});

it('the majority baseline says the first class, the most frequent one in training', () => {
  const { right, macroF1 } = majorityScores({ classes: ['a', 'b'], labels: [0, 1, 0, 0] });
  expect(right).toBe(3);
  expect(macroF1).toBeCloseTo(6 / 7 / 2, 14);
});

describe('short answers', () => {
  it('match exactly but for spaces around them', () => {
    expect(exactMatch(' Paris\n', 'Paris')).toBe(true);
    expect(exactMatch('paris', 'Paris')).toBe(false);
  });

  it.each([
    ['in Paris', 'Paris', 2 / 3],
    ['Paris, Paris!', 'paris', 2 / 3],
    ['the old town of Bern', 'Bern, the old town', 8 / 9],
    ['Rome', 'Paris', 0],
    ['', 'Paris', 0],
    ['…', '', 1],
    ['北京市', '北京', 4 / 5],
    ['cafe\u0301', 'café', 1],
  ])('words of “%s” and “%s”', (answer, expected, f1) => {
    expect(tokenF1(answer, expected)).toBeCloseTo(f1, 14);
  });
});
