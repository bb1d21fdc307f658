import { expect, it } from 'vitest';
import { causalPairs } from './batch';

it.each([1, 2, 5, 7, 100, Infinity])('pairs of queries and keys, in a window of %d', (window) => {
  const lengths = [1, 5, 7];
  const starts = Uint32Array.of(0, 1, 6, 13);
  const counted = lengths.flatMap((n) => Array.from({ length: n }, (_, q) => Math.min(q + 1, window)));
  const batch = { ids: new Int32Array(13), targets: new Int32Array(13), starts };
  expect(causalPairs(batch, window)).toBe(counted.reduce((a, b) => a + b));
});
