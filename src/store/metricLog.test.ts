import { expect, test } from 'vitest';
import { pack, unpack } from '../shared/pack';
import { MODULES, evalEvent, gateStats, stepEvent } from './testing/fixtures';
import {
  GrowingColumn,
  type MetricLogSnapshot,
  MAX_SAMPLES,
  MODULE_ROWS,
  ModuleSeries,
  MetricLog,
  skippedShare,
  totalSkipped,
} from './metricLog';
import { activePerToken, lossRows, shareData } from './series';

test('a column grows and keeps its values', () => {
  const c = new GrowingColumn();
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
  expect(
    skippedShare(
      gateStats(1, 0, () => 0),
      0,
    ),
  ).toBe(0);
});

test('speed leaves out the first step and the one after a pause', () => {
  const h = new MetricLog('a');
  h.addStep({ ...stepEvent('a', 1), ms: 9999 });
  expect(h.speed()).toBeNull();
  h.addStep({ ...stepEvent('a', 2), ms: 100, tokens: 200 });
  expect(h.speed()).toEqual({ msPerStep: 100, tokensPerSecond: 2000 });
  h.breakTiming();
  h.addStep({ ...stepEvent('a', 3), ms: 60_000 });
  expect(h.speed()).toBeNull();
});

test('an evaluation of the same step replaces the earlier one', () => {
  const h = new MetricLog('a');
  h.addEval(evalEvent('a', 0, 5));
  h.addEval(evalEvent('a', 20, 4));
  h.addEval(evalEvent('a', 20, 3));
  expect(h.evals.map((e) => [e.step, e.loss])).toEqual([
    [0, 5],
    [20, 3],
  ]);
});

test('rows of the loss table: every evaluation and the latest step', () => {
  const a = new MetricLog('a');
  const b = new MetricLog('b');
  for (let i = 1; i <= 3; i++) a.addStep(stepEvent('a', i));
  a.addEval(evalEvent('a', 0, 6));
  a.addEval(evalEvent('a', 3, 4));
  b.addStep(stepEvent('b', 1));
  const rows = lossRows([a, b]);
  expect(rows.map((r) => r.step)).toEqual([0, 1, 3]);
  expect(rows[2].train[0]).toBeCloseTo(4.97);
  expect(rows[2].held).toEqual([4, null]);
});

test('samples stay in order of time and bounded, with the first and the last', () => {
  const h = new MetricLog('a');
  for (let step = 0; step <= 2 * MAX_SAMPLES; step++)
    h.addSample({ type: 'sample', runId: 'a', step, prompt: 'p', expected: null, text: String(step) });
  expect(h.samples.length).toBeLessThanOrEqual(MAX_SAMPLES);
  expect(h.samples[0].step).toBe(0);
  expect(h.samples.at(-1)!.text).toBe(String(2 * MAX_SAMPLES));
  expect(h.samples.every((s, i) => i === 0 || s.step > h.samples[i - 1].step)).toBe(true);
});

test('skipped share over time, by layer and by module', () => {
  const h = new MetricLog('a');
  h.addStep(
    stepEvent(
      'a',
      1,
      gateStats(4, 100, (m) => 100 - 20 * m),
    ),
  );
  expect(shareData(h.skipped!, MODULES, 'layer')).toEqual({
    keys: [0, 1],
    data: [[1], [expect.closeTo(0.1)], [expect.closeTo(0.5)]],
  });
  expect(shareData(h.skipped!, MODULES, 'module')).toEqual({
    keys: ['q_proj', 'v_proj'],
    data: [[1], [expect.closeTo(0.2)], [expect.closeTo(0.4)]],
  });
});

test('active share per token, over all, one layer, one module', () => {
  const watch = {
    tokens: ['a', 'b'],
    modules: MODULES,
    active: Uint8Array.of(1, 0, 1, 0, 1, 1, 0, 0),
    ratio: Float32Array.of(1, 0, 1, 0, 1, 1, 1, 0),
  };
  expect([...activePerToken(watch, null, null).active]).toEqual([0.75, 0.25]);
  expect([...activePerToken(watch, 1, null).active]).toEqual([0.5, 0.5]);
  expect([...activePerToken(watch, 1, 'q_proj').active]).toEqual([1, 1]);
  expect(activePerToken(watch, null, 'o').modules).toBe(0);
  expect([...activePerToken(watch, null, null).ratio]).toEqual([1, 0.25]);
});

test('noise: training batches since the last evaluation, and validation tokens, where μ was measured', () => {
  const h = new MetricLog('a');
  const gate = (active: number, activeHelpful: number, skippedHelpful: number) => ({
    ...gateStats(2, 100, () => active),
    measured: Uint32Array.of(100, 0),
    activeHelpful: Uint32Array.of(activeHelpful, 0),
    skippedHelpful: Uint32Array.of(skippedHelpful, 0),
  });
  h.addStep(stepEvent('a', 1, gate(50, 10, 20)));
  h.addStep(stepEvent('a', 2, gate(30, 30, 7)));
  h.addEval({ ...evalEvent('a', 2, 4), gate: gate(100, 45, 0) });
  h.addEval(evalEvent('a', 3, 4));
  expect(h.noise).toEqual([
    { step: 2, fresh: false, active: 40 / 80, skipped: 27 / 120 },
    { step: 2, fresh: true, active: 0.45, skipped: null },
  ]);
  const plain = new MetricLog('b');
  plain.addStep(
    stepEvent(
      'b',
      1,
      gateStats(2, 100, () => 50),
    ),
  );
  plain.addEval({ ...evalEvent('b', 1, 4), gate: gateStats(2, 100, () => 50) });
});

test('a metricLog that goes on from its snapshot is the one that was never interrupted', () => {
  const stats = (step: number) => ({
    ...gateStats(4, 100, (m) => (step * 7 + m * 13) % 100),
    activeHelpful: new Uint32Array(4).fill(step % 9),
    skippedHelpful: new Uint32Array(4).fill(step % 5),
  });
  const grow = (metricLog: MetricLog, from: number, to: number) => {
    for (let step = from; step <= to; step++) {
      metricLog.addStep(stepEvent('ts-lora', step, stats(step)));
      if (step % 50 === 0)
        metricLog.addSample({
          type: 'sample',
          runId: 'ts-lora',
          step,
          prompt: 'p',
          expected: null,
          text: `after ${step}`,
        });
      if (step % 50 === 0) metricLog.addEval({ ...evalEvent('ts-lora', step, 4 - step / 1000), gate: stats(step) });
    }
  };
  const whole = new MetricLog('ts-lora');
  whole.modules = MODULES;
  whole.parameters = 64;
  grow(whole, 1, 2600);
  for (const cut of [1, 1023, 1024, 1025, 1300, 2599]) {
    const first = new MetricLog('ts-lora');
    first.modules = MODULES;
    first.parameters = 64;
    grow(first, 1, cut);
    const packed = new Uint8Array(Buffer.concat(pack(first.snapshot())));
    const second = MetricLog.restore(unpack(packed) as MetricLogSnapshot);
    grow(second, cut + 1, 2600);
    // How long the first step after an interruption took, nobody knows.
    const expected = whole.snapshot();
    expected.speeds[cut] = NaN;
    expected.ms = 50 * (2600 - 1 - 1);
    expect(second.snapshot(), `cut after ${cut}`).toStrictEqual(expected);
  }
});

test('an evaluation that is repeated after an interruption, its noise and samples included, stands once', () => {
  const h = new MetricLog('a');
  const gate = gateStats(2, 100, () => 50);
  const look = () => {
    h.addEval({ ...evalEvent('a', 1, 4), gate });
    for (const prompt of ['p', 'q'])
      h.addSample({ type: 'sample', runId: 'a', step: 1, prompt, expected: null, text: prompt });
  };
  h.addStep(stepEvent('a', 1, gate));
  look();
  const once = h.snapshot();
  expect(once.noise).toHaveLength(2);
  look();
  expect(h.snapshot()).toEqual({ ...once, noise: expect.arrayContaining(once.noise) as unknown });
  expect(h.noise).toHaveLength(2);
});
