import { expect, it } from 'vitest';
import { attentionPairs } from './batch';

it.each([1, 2, 5, 7, 100, Infinity].flatMap((window) => [true, false].map((causal) => ({ window, causal }))))(
  'pairs of queries and keys, $window wide, causal: $causal',
  ({ window, causal }) => {
    const lengths = [1, 5, 7];
    const starts = Uint32Array.of(0, 1, 6, 13);
    const sees = (q: number, k: number) => Math.abs(q - k) < window && (k <= q || !causal);
    const counted = lengths.flatMap((n) =>
      Array.from({ length: n }, (_, q) => Array.from({ length: n }, (_k, k) => k).filter((k) => sees(q, k)).length),
    );
    const batch = { ids: new Int32Array(13), targets: new Int32Array(13), starts };
    expect(attentionPairs(batch, { window, causal })).toBe(counted.reduce((a, b) => a + b));
  },
);
