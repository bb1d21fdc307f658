import { expect, test } from 'vitest';
import { MAX_POINTS, align, curveOf, curveRows, evalCurve, smooth, valueAt } from './curves';
import { MetricLog } from './metricLog';
import { evalEvent, stepEvent } from './testing/fixtures';

const curve = (values: number[], from = 1) => ({ steps: values.map((_, i) => i + from), values });

test('curves of several runs share one axis; what a run does not have is a gap', () => {
  const [a, b] = [new MetricLog('a'), new MetricLog('b')];
  for (let i = 1; i <= 3; i++) a.addStep(stepEvent('a', i));
  b.addStep(stepEvent('b', 1));
  a.addEval(evalEvent('a', 0, 6));
  a.addEval(evalEvent('a', 3, 4));
  const data = align([curveOf(a, 'loss'), evalCurve(a), curveOf(b, 'loss')]);
  expect(data[0]).toEqual([0, 1, 2, 3]);
  expect(data[1]).toEqual([null, expect.closeTo(4.99), expect.closeTo(4.98), expect.closeTo(4.97)]);
  expect(data[2]).toEqual([6, null, null, 4]);
  expect(data[3].slice(1)).toEqual([expect.closeTo(4.99), null, null]);
  expect(valueAt(data, 1, 2)).toBe(6);
  expect(valueAt(data, 1, null)).toBe(4);
  expect(valueAt(data, 2, 0)).toBeNull();
});

test('a run’s validation curve begins at the base', () => {
  const [a, base] = [new MetricLog('a'), new MetricLog('base')];
  base.addEval(evalEvent('base', 0, 6));
  a.addEval(evalEvent('a', 10, 5));
  expect(evalCurve(a, base)).toEqual({ steps: [0, 10], values: [6, 5], exact: true });
  expect(evalCurve(a).steps).toEqual([10]);
});

test('a long run is averaged down to a bounded number of points; a part of it shows every step', () => {
  const long = curve(Array.from({ length: 5000 }, (_, i) => i % 2));
  const [x, values] = align([long]);
  expect(x.length).toBeLessThanOrEqual(MAX_POINTS + 2);
  expect(values.slice(1, -1).every((v) => Math.abs(v! - 0.5) < 0.11)).toBe(true);
  expect(x.at(-1)).toBe(5000);
  const [near, exact] = align([long], [2000, 2100]);
  expect(near[0]).toBe(1999);
  expect(near.at(-1)).toBe(2101);
  expect(new Set(exact)).toEqual(new Set([0, 1]));
});

test('smoothing starts at the first value, forgets at its rate, passes over gaps, leaves evaluations', () => {
  expect(Array.from(smooth(curve([4, 4, 4]), 0.9).values)).toEqual([4, 4, 4].map((v) => expect.closeTo(v)));
  const step = Array.from(smooth(curve([...Array<number>(200).fill(0), 1]), 0.9).values);
  expect(step.at(-1)).toBeCloseTo(0.1);
  expect(Array.from(smooth(curve([NaN, 2, NaN, 2]), 0.5).values)).toEqual([NaN, 2, 2, 2]);
  const evals = { ...curve([1, 9]), exact: true };
  expect(smooth(evals, 0.9)).toEqual(evals);
});

test('rows for a file have every step', () => {
  expect(curveRows(['a', 'b'], [curve([1, 2]), curve([7], 2)])).toEqual([
    ['step', 'a', 'b'],
    [1, 1, null],
    [2, 2, 7],
  ]);
});
