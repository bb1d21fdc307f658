import { expect, test } from 'vitest';
import { ratioEdge, ratioQuantile } from './ratio';
import { RATIO_BINS } from './types';

test('quantiles of r from its histogram', () => {
  const counts = new Uint32Array(RATIO_BINS);
  expect(ratioQuantile(counts, 0.5)).toBe(0);
  counts[10] = 4;
  counts[20] = 8;
  const inside = (bin: number, share: number) => ratioEdge(bin) + (ratioEdge(bin + 1) - ratioEdge(bin)) * share;
  expect(ratioQuantile(counts, 0.5)).toBeCloseTo(inside(20, 0.25), 12);
  expect(ratioQuantile(counts, 1 / 4)).toBeCloseTo(inside(10, 0.75), 12);
  // Nothing lies below the first, everything below the last; empty bins hold no quantile.
  expect(ratioQuantile(counts, 0)).toBe(ratioEdge(10));
  expect(ratioQuantile(counts, 1)).toBe(ratioEdge(21));
});
