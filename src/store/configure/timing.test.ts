import { expect, it } from 'vitest';
import { type SessionConfig, defaultSession } from '../../shared/config';
import { thriftier } from './thriftier';
import { type Timing, bestTiming, expectedTime, stepLoad, timingKey } from './timing';
import { say } from '../../shared/texts/say';

const DATA = { tokens: 3200, examples: 100, validation: 10 };

function config(change: Partial<SessionConfig['train']> = {}): SessionConfig {
  const e = defaultSession();
  return { ...e, train: { ...e.train, steps: 100, evalInterval: 20, evalExamples: 32, batchSize: 4, ...change } };
}
const timed = (e: SessionConfig): Timing => ({
  key: timingKey(e),
  load: stepLoad(e, DATA),
  stepMs: [100, 120, 110],
  evalMs: 30,
  from: 'probe',
});

it('the very settings: fastest and slowest step, and every evaluation batch', () => {
  const e = config();
  // Ten validation examples are three batches, five times.
  expect(expectedTime(e, timed(e), DATA)).toEqual({
    low: 100 * 100 + 15 * 30,
    high: 100 * 120 + 15 * 30,
    scaled: false,
    from: 'probe',
  });
  const named = { ...e, train: { ...e.train, seed: 9, learningRate: 1 } };
  expect(expectedTime(named, timed(e), DATA)!.scaled).toBe(false);
  expect(expectedTime(e, null, DATA)).toBeNull();
  expect(expectedTime(e, { ...timed(e), stepMs: [] }, DATA)).toBeNull();
});

it('other settings: scaled by the tokens, in a wider range that holds the plain scaling', () => {
  const e = config();
  const twice = config({ batchSize: 8 });
  const { low, high, scaled } = expectedTime(twice, timed(e), DATA)!;
  expect(scaled).toBe(true);
  // Eight a batch: two evaluation batches.
  expect(low).toBeLessThan(2 * (100 * 100 + 10 * 30));
  expect(high).toBeGreaterThan(2 * (100 * 120 + 10 * 30));
});

it('a run of the same settings is better than a probe of others', () => {
  const e = config();
  const run: Timing = { ...timed(e), from: 'run', evalMs: null };
  const other = timed(config({ batchSize: 8 }));
  expect(bestTiming(e, other, run)).toBe(run);
  expect(bestTiming(e, timed(e), run)!.from).toBe('probe');
  expect(bestTiming(config({ batchSize: 2 }), null, run)).toBe(run);
  expect(expectedTime(e, run, DATA)!.low).toBeCloseTo(100 * 100 + (15 * 100) / 3);
});

it('thriftier settings: the same update first, then less and less; each needs less of something', () => {
  const start = config({ batchSize: 6, gradientAccumulationSteps: 2, maxSequenceLength: 64 });
  const all = thriftier(start);
  expect(all.map((t) => say(t.label))).toEqual([
    'Batch size 3 × 4 instead of 6 × 2',
    'Batch size 1 × 12 instead of 6 × 2',
    'Max sequence length 32 instead of 64',
    'Max sequence length 16 instead of 64',
    'Rank 4 instead of 8',
    'Rank 2 instead of 8',
    'Rank 1 instead of 8',
    'Batch size 1 × 12, max sequence length 32',
    'Batch size 1 × 12, max sequence length 16',
    'Batch size 1 × 12, max sequence length 16, rank 1',
  ]);
  for (const {
    draft: { train, runs },
  } of all) {
    expect(train.batchSize * train.gradientAccumulationSteps).toBe(12);
    expect(train.batchSize * train.maxSequenceLength * runs[0].rank).toBeLessThan(6 * 64 * 8);
    expect(runs.map((r) => r.alpha / r.rank)).toEqual([2, 2]);
  }
  expect(thriftier(config({ batchSize: 1, maxSequenceLength: 16 })).map((t) => say(t.label))).toEqual([
    'Rank 4 instead of 8',
    'Rank 2 instead of 8',
    'Rank 1 instead of 8',
  ]);
});
