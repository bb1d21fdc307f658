import { expect, test } from 'vitest';
import { EarlyStopping } from './earlyStopping';

/** The step at which a run with these losses (one every ten steps, from 0) is ended. */
function end(patience: number | null, losses: number[]): number | null {
  const early = new EarlyStopping(patience);
  losses.forEach((loss, i) => early.after('a', i * 10, loss));
  return early.stoppedAt('a');
}

test('ends a run after as many measurements without a better loss as its patience', () => {
  expect(end(2, [5, 4, 3, 3.5, 3.1])).toBe(40);
  expect(end(1, [5, 5])).toBe(10);
  expect(end(3, [5, 4, 4.1, 4.2, 3.9, 4, 4])).toBeNull();
  expect(end(null, [5, 6, 7, 8])).toBeNull();
  // The same loss is no better, and a NaN is not either.
  expect(end(2, [5, 5, NaN])).toBe(20);
});

test('tells of the end once, with the best loss and where it was; runs do not mix', () => {
  const early = new EarlyStopping(2);
  for (const [step, loss] of [
    [0, 5],
    [10, 4],
    [20, 4.5],
  ])
    expect(early.after('a', step, loss)).toBeNull();
  expect(early.after('b', 30, 9)).toBeNull();
  expect(early.after('a', 30, 4.2)).toMatchObject({ best: 4, bestStep: 10, stoppedAt: 30 });
  expect(early.after('a', 40, 4.2)).toBeNull();
  expect(early.stoppedAt('b')).toBeNull();
});

test('goes on from its state as if it had not been interrupted', () => {
  const losses = [5, 4, 4.2, 4.1, 4.3];
  const whole = new EarlyStopping(3);
  losses.forEach((l, i) => whole.after('a', i, l));
  const first = new EarlyStopping(3);
  losses.slice(0, 3).forEach((l, i) => first.after('a', i, l));
  const second = new EarlyStopping(3, structuredClone(first.state()));
  losses.slice(3).forEach((l, i) => second.after('a', i + 3, l));
  expect(second.state()).toEqual(whole.state());
  expect(second.stoppedAt('a')).toBe(4);
});

test('a measurement that is repeated, since its session was interrupted in it, counts once', () => {
  const early = new EarlyStopping(2);
  for (const [step, loss] of [
    [0, 5],
    [10, 5.5],
  ])
    early.after('a', step, loss);
  const again = new EarlyStopping(2, structuredClone(early.state()));
  expect(again.after('a', 10, 5.5)).toBeNull();
  expect(again.state()).toEqual(early.state());
  expect(again.after('a', 20, 5.2)).toMatchObject({ stoppedAt: 20 });
});
