import { expect, test } from 'vitest';
import type { TokenBatch } from '../shared/types';
import { fitBatches } from './microBatches';

const batch = (...lengths: number[]): TokenBatch => {
  const starts = Uint32Array.from([0, ...lengths.map((_, i) => lengths.slice(0, i + 1).reduce((a, b) => a + b, 0))]);
  const ids = Int32Array.from({ length: starts.at(-1)! }, (_, i) => i);
  return { ids, targets: ids.map((id) => (id % 2 ? id : -1)), starts };
};

test('what fits stays whole; what does not is cut between sequences, in order', () => {
  const [whole, long] = [batch(3, 4), batch(5, 2, 6, 1, 1)];
  const parts = fitBatches([whole, long], { rows: 8, supervised: 8 });
  expect(parts[0]).toEqual({ batch: whole, of: 0, before: 0, whole: 7 });
  expect(parts.slice(1).map(({ batch: b, of, before }) => [of, before, [...b.starts], [...b.ids]])).toEqual([
    [1, 0, [0, 5, 7], [0, 1, 2, 3, 4, 5, 6]],
    [1, 7, [0, 6, 7, 8], [7, 8, 9, 10, 11, 12, 13, 14]],
  ]);
  expect(parts[2].batch.targets).toEqual(long.targets.slice(7));
});

test('targets count, too; one that is too long is left as it is', () => {
  expect(fitBatches([batch(4, 4)], { rows: 8, supervised: 3 }).map((p) => p.batch.ids.length)).toEqual([4, 4]);
  expect(fitBatches([batch(9)], { rows: 8, supervised: 8 }).map((p) => p.batch.ids.length)).toEqual([9]);
});
