import { expect, test } from 'vitest';
import { MetricLog } from './metricLog';
import { TRAIL_VALUES } from './watchTrail';
import { evalEvent, watchEvent } from './testing/fixtures';

/** Steps of the earlier states, and of the latest. */
const steps = (log: MetricLog) => [...log.trail, log.watch!].map((state) => state.step);

/** A log that was evaluated every `every` steps, and whose text was looked at every step. */
function watched(to: number, every: number, tokens?: string[]): MetricLog {
  const log = new MetricLog('a');
  for (let step = 0; step <= to; step++) {
    if (step > 0 && step % every === 0) log.addEval(evalEvent('a', step, 4));
    log.addWatch(watchEvent('a', step, '10', tokens));
  }
  return log;
}

test('the watched text is kept as it was at each evaluation, and as it is now', () => {
  const log = watched(11, 4);
  expect(steps(log)).toEqual([0, 4, 8, 11]);
  const at = [-1, 0, 3, 4, 9, 99, null].map((step) => log.watchAt(step)!.step);
  expect(at).toEqual([0, 0, 0, 4, 8, 11, 11]);
  expect(new MetricLog('b').watchAt(3)).toBeNull();
});

test('another text begins anew; a step that is looked at again stands once', () => {
  const log = watched(8, 4);
  log.addWatch(watchEvent('a', 8, '01'));
  expect(steps(log)).toEqual([0, 4, 8]);
  // A session that goes on from a checkpoint of before the last evaluation.
  log.addWatch(watchEvent('a', 5, '01'));
  expect(steps(log)).toEqual([0, 4, 5]);
  log.addWatch(watchEvent('a', 5, '01', ['a', ' c']));
  expect(steps(log)).toEqual([5]);
});

test('a long run keeps few states, evenly apart; a long text none', () => {
  const tokens = Array.from({ length: TRAIL_VALUES / 40 }, () => 'a');
  const long = watched(24, 1, tokens);
  expect(long.trail.length).toBeLessThanOrEqual(10);
  expect(long.trail.length).toBeGreaterThanOrEqual(5);
  const gaps = new Set(long.trail.slice(1).map((state, i) => state.step - long.trail[i].step));
  expect(gaps.size).toBe(1);
  const huge = Array.from({ length: TRAIL_VALUES / 4 }, () => 'a');
  expect(watched(2, 1, huge).trail).toHaveLength(0);
});

test('states share what does not change, also after a file', () => {
  const log = watched(11, 4);
  const back = MetricLog.restore(log.snapshot());
  expect(back.trail).toEqual(log.trail);
  for (const state of back.trail) expect(state.tokens).toBe(back.watch!.tokens);
  // Checkpoints of before they were kept have none.
  const { trail, ...before } = log.snapshot();
  expect(trail).toHaveLength(3);
  expect(MetricLog.restore(before as ReturnType<MetricLog['snapshot']>).trail).toEqual([]);
});
