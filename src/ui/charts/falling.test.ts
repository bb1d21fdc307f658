import { expect, test } from 'vitest';
import { fallen } from './falling';

const held = (step: number, active: number[], tokens = active.map(String)) => ({ step, active, tokens });

test('what fewer modules hold than before falls, in the order of the text', () => {
  const tokens = ['a', 'b', 'c', 'd', 'e'];
  const before = held(1, [1, 0.5, 0.25, 0.75, 0.5], tokens);
  expect(fallen(before, held(2, [0.5, 0.5, 0.5, 0.25, 0.45], [...tokens]))).toEqual([0, 3]);
  // Nothing falls of another text, of a step before, or where nothing was looked at anew.
  expect(fallen(before, held(2, [0, 0, 0, 0, 0], ['a', 'b', 'c', 'd', 'f']))).toEqual([]);
  expect(fallen(before, held(2, [0, 0], ['a', 'b']))).toEqual([]);
  expect(fallen(held(3, [1], ['a']), held(2, [0], ['a']))).toEqual([]);
  expect(fallen(before, before)).toEqual([]);
});

test('of many, those fall that lost most', () => {
  const n = 100;
  const tokens = Array.from({ length: n }, (_, i) => `t${i}`);
  const before = held(1, new Array<number>(n).fill(1), tokens);
  const now = held(
    2,
    tokens.map((_, i) => (i % 4 ? 0.5 : 0)),
    tokens,
  );
  const which = fallen(before, now);
  expect(which).toEqual(Array.from({ length: 16 }, (_, i) => 4 * i));
});
