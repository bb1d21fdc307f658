import { describe, expect, it } from 'vitest';
import {
  deviation,
  effect,
  interval,
  pairedDifference,
  rankStability,
  ranks,
  spearman,
  tProbability,
  tQuantile,
  wilson,
} from './stats';

describe('Student’s t', () => {
  // From the printed table of the 97.5 % point, which has three decimals.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [9, 2.262],
    [29, 2.045],
    [120, 1.98],
  ])('has its 97.5 %% point for %i degrees at %f', (df, t) => {
    expect(tQuantile(0.975, df)).toBeCloseTo(t, 3);
  });

  it('has one degree as Cauchy and two in closed form', () => {
    for (const t of [-3, -0.5, 0, 0.7, 12]) {
      expect(tProbability(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 9);
      expect(tProbability(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 9);
    }
  });
});

describe('intervals', () => {
  it('of five values', () => {
    const i = interval([1, 2, 3, 4, 5])!;
    expect(i.mean).toBe(3);
    expect(deviation([1, 2, 3, 4, 5])).toBeCloseTo(1.5811388, 6);
    // 2.776445 · 1.581139 / √5
    expect(i.half).toBeCloseTo(1.963243, 5);
  });

  it('need two values for a width and one for a mean', () => {
    expect(interval([])).toBeNull();
    expect(interval([4])).toEqual({ mean: 4, half: null, n: 1 });
  });

  it('are paired by place, leaving out what is missing on one side', () => {
    const d = pairedDifference([1, 5, null, 9], [0, 3, 2, null])!;
    expect(d.n).toBe(2);
    expect(d.mean).toBe(1.5);
    // sd 0.707107, t 12.7062
    expect(d.half).toBeCloseTo(6.3531, 4);
    expect(pairedDifference([null], [1])).toBeNull();
  });

  it('pairing removes what the seeds share', () => {
    const [a, b] = [
      [1, 11, 21],
      [1.1, 11.1, 21.12],
    ];
    expect(effect(pairedDifference(a, b))).toBe('lower');
    expect(effect(pairedDifference(b, a))).toBe('higher');
    expect(interval(a)!.half).toBeGreaterThan(10);
  });
});

describe('rank correlation', () => {
  it('gives equal values their mean rank', () => {
    expect(ranks([10, 20, 20, 5])).toEqual([2, 3.5, 3.5, 1]);
  });

  it('agrees with worked examples', () => {
    // Ten pairs without ties: 1 − 6·194/990 = −29/165.
    const iq = [106, 86, 100, 101, 99, 103, 97, 113, 112, 110];
    const hours = [7, 0, 27, 50, 28, 29, 20, 12, 6, 17];
    expect(spearman(iq, hours)).toBeCloseTo(-29 / 165, 12);
    expect(spearman([1, 2, 3], [10, 20, 30])).toBe(1);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBe(-1);
    // With ties: ranks (1, 2.5, 2.5, 4) against (1, 2, 3, 4): 4.5/√(4.5·5).
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
    expect(spearman([1, 1], [1, 2])).toBeNull();
  });

  it('over seeds is the mean over pairs', () => {
    expect(
      rankStability([
        [1, 2, 3],
        [1, 2, 3],
        [3, 2, 1],
      ]),
    ).toBeCloseTo(-1 / 3, 12);
    expect(rankStability([[1, 2]])).toBeNull();
  });
});

describe('an effect', () => {
  it('is none where all differences are 0', () => {
    expect(effect(interval([0, 0, 0]))).toBe('none');
    expect(effect(interval([1, 1, 1]))).toBe('higher');
  });
});

describe('Wilson’s interval of a share', () => {
  // Examples of Newcombe (1998), method 3, which have four decimals.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i', (hits, n, low, high) => {
    const found = wilson(hits, n)!;
    expect(found.share).toBeCloseTo(hits / n, 12);
    expect(found.low).toBeCloseTo(low, 4);
    expect(found.high).toBeCloseTo(high, 4);
  });

  it('is the same from the other side, and unknown without trials', () => {
    expect(wilson(7, 7)!.high).toBe(1);
    expect(wilson(7, 7)!.low).toBeCloseTo(1 - wilson(0, 7)!.high, 12);
    expect(wilson(0, 0)).toBeNull();
  });
});
