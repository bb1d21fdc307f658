import { expect, test } from 'vitest';
import { pack, unpack } from '../shared/pack';
import { MODULES, evalEvent, gateStats, stepEvent } from './testing/fixtures';
import { Column, type HistorySnapshot, MODULE_ROWS, ModuleSeries, RunHistory, skippedShare, totalSkipped } from './history';
import { keptPerToken, lossData, lossRows, MAX_POINTS, shareData } from './series';

test('a column grows and keeps its values', () => {
  const c = new Column();
  for (let i = 0; i < 1000; i++) c.push(i);
  expect(c.length).toBe(1000);
  expect(c.at(-1)).toBe(999);
  expect(c.at(257)).toBe(257);
  expect(c.values()).toHaveLength(1000);
});

test('a module series thins to a bounded number of rows and keeps step and values together', () => {
  const s = new ModuleSeries(3);
  const n = MODULE_ROWS * 5 + 7;
  for (let step = 1; step <= n; step++) s.push(step, (m) => step * 10 + m);
  expect(s.rows).toBeLessThanOrEqual(MODULE_ROWS);
  expect(s.rows).toBeGreaterThan(MODULE_ROWS / 2 - 1);
  const gap = s.steps[1] - s.steps[0];
  for (let r = 0; r < s.rows; r++) {
    expect([...s.row(r)]).toEqual([0, 1, 2].map((m) => s.steps[r] * 10 + m));
    if (r > 0) expect(s.steps[r] - s.steps[r - 1]).toBe(gap);
  }
});

test('shares of skipped tokens, per module and over all', () => {
  const gate = gateStats(4, 100, (m) => 100 - 25 * m);
  expect([0, 1, 2, 3].map((m) => skippedShare(gate, m))).toEqual([0, 0.25, 0.5, 0.75]);
  expect(totalSkipped(gate)).toBeCloseTo(0.375);
  expect(skippedShare(gateStats(1, 0, () => 0), 0)).toBe(0);
});

test('speed leaves out the first step and the one after a pause', () => {
  const h = new RunHistory('a');
  h.addStep({ ...stepEvent('a', 1), ms: 9999 });
  expect(h.speed()).toBeNull();
  h.addStep({ ...stepEvent('a', 2), ms: 100, tokens: 200 });
  expect(h.speed()).toEqual({ msPerStep: 100, tokensPerSecond: 2000 });
  h.breakTiming();
  h.addStep({ ...stepEvent('a', 3), ms: 60_000 });
  expect(h.speed()).toBeNull();
});

test('an evaluation of the same step replaces the earlier one', () => {
  const h = new RunHistory('a');
  h.addEval(evalEvent('a', 0, 5));
  h.addEval(evalEvent('a', 20, 4));
  h.addEval(evalEvent('a', 20, 3));
  expect(h.evals.map((e) => [e.step, e.loss])).toEqual([[0, 5], [20, 3]]);
});

test('losses of several runs share one axis, with the base as a level line', () => {
  const [a, b, base] = ['a', 'b', 'base'].map((id) => new RunHistory(id));
  for (let i = 1; i <= 3; i++) a.addStep(stepEvent('a', i));
  b.addStep(stepEvent('b', 1));
  a.addEval(evalEvent('a', 0, 6));
  a.addEval(evalEvent('a', 3, 4));
  base.addEval(evalEvent('base', 0, 6));
  const [x, aTrain, aHeld, bTrain, bHeld, level] = lossData([a, b], base);
  expect(x).toEqual([0, 1, 2, 3]);
  expect(aTrain[0]).toBeNull();
  expect(aTrain[3]).toBeCloseTo(4.97);
  expect(aHeld).toEqual([6, null, null, 4]);
  expect(bTrain.slice(1)).toEqual([expect.closeTo(4.99), null, null]);
  expect(bHeld.every((v) => v === null)).toBe(true);
  expect(level).toEqual([6, 6, 6, 6]);
  const rows = lossRows([a, b]);
  expect(rows.map((r) => r.step)).toEqual([0, 1, 3]);
  expect(rows[2].train[0]).toBeCloseTo(4.97);
  expect(rows[2].held).toEqual([4, null]);
});

test('a long run is averaged down to a bounded number of points', () => {
  const a = new RunHistory('a');
  for (let i = 1; i <= 5000; i++) a.addStep({ ...stepEvent('a', i), loss: 2 });
  const [x, train] = lossData([a], undefined);
  expect(x.length).toBeLessThanOrEqual(MAX_POINTS + 2);
  expect(train.slice(1).every((v) => v === 2)).toBe(true);
  expect(x.at(-1)).toBe(5000);
});

test('skipped share over time, by layer and by module', () => {
  const h = new RunHistory('a');
  h.addStep(stepEvent('a', 1, gateStats(4, 100, (m) => 100 - 20 * m)));
  expect(shareData(h.skipped!, MODULES, 'layer')).toEqual({ names: ['layer 0', 'layer 1'], data: [[1], [expect.closeTo(0.1)], [expect.closeTo(0.5)]] });
  expect(shareData(h.skipped!, MODULES, 'module')).toEqual({ names: ['q', 'v'], data: [[1], [expect.closeTo(0.2)], [expect.closeTo(0.4)]] });
});

test('kept share per token, over all, one layer, one module', () => {
  const watch = {
    tokens: ['a', 'b'], modules: MODULES,
    kept: Uint8Array.of(1, 0, 1, 0, 1, 1, 0, 0), ratio: Float32Array.of(1, 0, 1, 0, 1, 1, 1, 0),
  };
  expect([...keptPerToken(watch, null, null).kept]).toEqual([0.75, 0.25]);
  expect([...keptPerToken(watch, 1, null).kept]).toEqual([0.5, 0.5]);
  expect([...keptPerToken(watch, 1, 'q').kept]).toEqual([1, 1]);
  expect(keptPerToken(watch, null, 'o').modules).toBe(0);
  expect([...keptPerToken(watch, null, null).ratio]).toEqual([1, 0.25]);
});

test('a history that goes on from its snapshot is the one that was never interrupted', () => {
  const stats = (step: number) => gateStats(4, 100, (m) => (step * 7 + m * 13) % 100);
  const grow = (history: RunHistory, from: number, to: number) => {
    for (let step = from; step <= to; step++) {
      history.addStep(stepEvent('ts-lora', step, stats(step)));
      if (step % 50 === 0) history.addEval({ ...evalEvent('ts-lora', step, 4 - step / 1000), gate: stats(step) });
    }
  };
  const whole = new RunHistory('ts-lora');
  whole.modules = MODULES;
  grow(whole, 1, 2600);
  for (const cut of [1, 1023, 1024, 1025, 1300, 2599]) {
    const first = new RunHistory('ts-lora');
    first.modules = MODULES;
    grow(first, 1, cut);
    const packed = new Uint8Array(Buffer.concat(pack(first.snapshot())));
    const second = RunHistory.restore(unpack(packed) as HistorySnapshot);
    grow(second, cut + 1, 2600);
    expect(second.snapshot(), `cut after ${cut}`).toStrictEqual(whole.snapshot());
  }
});
