import { expect, test } from 'vitest';
import { type RunConfig, defaultSession } from '../../shared/config';
import { skipTargetOf, withSkipTarget } from './skipTarget';

const [lora, gated] = defaultSession().runs;
const quantile: RunConfig = { ...gated, id: 'q', gate: { ...gated.gate, rule: 'quantile', activeShare: 0.25 } };

test('one number goes to every gated run in the way of its rule, and to no other', () => {
  const runs = withSkipTarget([lora, gated, quantile], 0.6);
  expect(runs[0]).toBe(lora);
  expect(runs[1].gate.targetSparsity).toBe(0.6);
  expect(runs[2].gate.activeShare).toBeCloseTo(0.4);
  expect(skipTargetOf(runs).share).toBe(0.6);
});

test('automatic leaves the share to the rules that find it', () => {
  const runs = withSkipTarget(withSkipTarget([lora, gated, quantile], 0.6), null);
  expect(skipTargetOf(runs)).toEqual({ share: null, settable: true, automatic: true });
  expect(skipTargetOf([quantile, gated]), 'in any order').toEqual(skipTargetOf([gated, quantile]));
  expect(runs[2].gate.activeShare).toBeCloseTo(0.4);
});

test('what a rule has no setting for cannot be set', () => {
  const none = { share: null, settable: false, automatic: false };
  const oracle: RunConfig = { ...quantile, id: 'o', gate: { ...quantile.gate, rule: 'oracle' } };
  const random: RunConfig = { ...quantile, id: 'r', gate: { ...quantile.gate, rule: 'random' } };
  const follower: RunConfig = { ...random, gate: { ...random.gate, follows: gated.id } };
  for (const runs of [[], [lora], [lora, oracle], [follower]]) {
    expect(skipTargetOf(runs)).toEqual(none);
    expect(withSkipTarget(runs, 0.6)).toEqual(runs);
  }
  for (const run of [quantile, random])
    expect(skipTargetOf([lora, run])).toEqual({ share: 0.75, settable: true, automatic: false });
  expect(skipTargetOf([oracle, quantile]).share).toBe(0.75);
});
