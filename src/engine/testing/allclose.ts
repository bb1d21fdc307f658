/** The one comparison rule of the engine's tests: |a − b| ≤ atol + rtol·|b|, or relative to the largest |b|. */
import { expect } from 'vitest';

/** Fails naming the worst index. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol = 0, atol = 0 }: { rtol?: number; atol?: number },
  label = 'values',
): void {
  expect(actual.length, `${label}: length`).toBe(expected.length);
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < actual.length; i++) {
    const over = Math.abs(actual[i] - expected[i]) - (atol + rtol * Math.abs(expected[i]));
    if (!(over <= excess)) {
      if (Number.isNaN(over)) throw new Error(`${label}[${i}] is ${actual[i]}, expected ${expected[i]}`);
      excess = over;
      worst = i;
    }
  }
  if (worst >= 0)
    throw new Error(
      `${label}[${worst}] is ${actual[worst]}, expected ${expected[worst]} (off by ${Math.abs(actual[worst] - expected[worst])}, allowed ${atol + rtol * Math.abs(expected[worst])})`,
    );
}

/** Fails when any |a − b| exceeds `tolerance` × the largest |b|. Returns the error reached. */
export function expectCloseToMax(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  label = 'values',
): number {
  let max = 0;
  let error = 0;
  for (let i = 0; i < expected.length; i++) {
    max = Math.max(max, Math.abs(expected[i]));
    const e = Math.abs(actual[i] - expected[i]);
    error = Number.isNaN(e) ? Infinity : Math.max(error, e);
  }
  expectClose(actual, expected, { atol: tolerance * max }, label);
  return max === 0 ? error : error / max;
}
