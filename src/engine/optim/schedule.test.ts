import { expect, test } from 'vitest';
import { expectClose } from '../testing/allclose';
import { learningRateAt } from './schedule';

const at = (schedule: 'constant' | 'linear' | 'cosine', steps: number[]) =>
  steps.map((t) => learningRateAt({ learningRate: 0.1, warmupSteps: 10, steps: 110, schedule }, t));

test('warm-up, then the schedule', () => {
  const t = [0, 4, 9, 10, 35, 60, 109, 110];
  expectClose(at('constant', t), [0.01, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], { atol: 1e-12 });
  expectClose(at('linear', t), [0.01, 0.05, 0.1, 0.1, 0.075, 0.05, 0.001, 0], { atol: 1e-12 });
  expectClose(
    at('cosine', t),
    [0.01, 0.05, 0.1, 0.1, 0.05 * (1 + Math.SQRT1_2), 0.05, 0.05 * (1 + Math.cos(0.99 * Math.PI)), 0],
    { atol: 1e-12 },
  );
});

test('a warm-up as long as the run, and none', () => {
  const short = { learningRate: 1, warmupSteps: 5, steps: 5, schedule: 'linear' } as const;
  expect([0, 4].map((t) => learningRateAt(short, t))).toEqual([0.2, 1]);
  expect(learningRateAt({ ...short, warmupSteps: 0 }, 0)).toBe(1);
});
