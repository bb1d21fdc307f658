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
  expect(skipTargetOf(runs)).toBe(0.6);
  expect(skipTargetOf([lora, quantile])).toBe(0.75);
});

test('automatic leaves the share to the rules that find it', () => {
  const runs = withSkipTarget(withSkipTarget([lora, gated, quantile], 0.6), null);
  expect(skipTargetOf(runs)).toBeNull();
  expect(runs[2].gate.activeShare).toBeCloseTo(0.4);
  expect(skipTargetOf([lora])).toBeNull();
});
