import { expect, test } from 'vitest';
import { MetricLog } from './metricLog';
import { meanShare, ranking } from './importance';
import { MODULES, gateStats, stepEvent } from './testing/fixtures';

/** A run of `steps` whose module m keeps `kept(step, m)` of 100 tokens. */
function run(id: string, steps: number, kept: (step: number, m: number) => number): MetricLog {
  const h = new MetricLog(id);
  h.modules = MODULES;
  for (let s = 1; s <= steps; s++)
    h.addStep(
      stepEvent(
        id,
        s,
        gateStats(MODULES.length, 100, (m) => kept(s, m)),
      ),
    );
  return h;
}

test('ranks by the active share of the last quarter, most active first', () => {
  const r = ranking(
    run('a', 40, (s, m) => (s <= 30 ? 100 - 10 * m : 10 + 20 * m)),
    [],
  )!;
  expect(r.modules.map((m) => m.module)).toEqual([3, 2, 1, 0]);
  expect(r.modules[0].share).toBeCloseTo(0.7);
  expect(meanShare(r)).toBeCloseTo(0.4);
  expect([r.from, r.to]).toEqual([31, 40]);
  // It turned round half way through the second half.
  expect(r.overTime).toBeLessThan(0.5);
  expect(r.modules[3].spread).toBeGreaterThan(0.1);
});

test('a ranking that holds still says so, within a run and between runs of the same modules', () => {
  const a = run('a', 40, (_, m) => 20 + 20 * m);
  const same = run('b', 40, (_, m) => 10 + 15 * m);
  const other = run('c', 40, (_, m) => 90 - 20 * m);
  const fewer = run('d', 40, () => 50);
  fewer.modules = MODULES.slice(1);
  const r = ranking(a, [a, same, other, fewer])!;
  expect(r.overTime).toBeCloseTo(1);
  expect(r.withRuns).toEqual([
    { runId: 'b', correlation: expect.closeTo(1) },
    { runId: 'c', correlation: expect.closeTo(-1) },
  ]);
});

test('one step is enough for a ranking and too little for its stability; no gates, no ranking', () => {
  expect(
    ranking(
      run('a', 1, (_, m) => 10 * m),
      [],
    )!.overTime,
  ).toBeNull();
  const plain = new MetricLog('p');
  plain.addStep(stepEvent('p', 1));
  expect(ranking(plain, [])).toBeNull();
});
