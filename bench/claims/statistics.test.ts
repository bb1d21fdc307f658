import { describe, expect, test } from 'vitest';
import { Rng } from '../../src/shared/rng';
import { bootstrap, holm, pDifferent, pEqual, percentiles } from './statistics';

/** All tuples of `length` numbers below `n`. */
const tuples = (n: number, length: number): number[][] =>
  length === 0 ? [[]] : tuples(n, length - 1).flatMap((rest) => Array.from({ length: n }, (_, i) => [...rest, i]));

describe('the bootstrap', () => {
  test('draws what all draws there are give', () => {
    const paired = {
      differences: [
        [1, -2, 0.5],
        [0.3, 4, -1],
      ],
      tokens: [2, 5, 1],
    };
    // 2² choices of seeds, 3³ of examples, each as likely as the others.
    const all = tuples(2, 2).flatMap((seeds) =>
      tuples(3, 3).map((examples) => {
        const losses = seeds.map((s) => examples.reduce((sum, e) => sum + paired.differences[s][e], 0));
        return losses.reduce((a, b) => a + b) / 2 / examples.reduce((sum, e) => sum + paired.tokens[e], 0);
      }),
    );
    expect(all).toHaveLength(108);
    const { estimate, draws } = bootstrap(paired, 40_000);
    expect(estimate).toBeCloseTo((1 - 2 + 0.5 + 0.3 + 4 - 1) / 2 / 8, 12);
    for (const at of [-0.2, 0, 0.1, 0.3, 0.6]) {
      const exact = all.filter((d) => d <= at).length / all.length;
      const found = draws.filter((d) => d <= at).length / draws.length;
      expect(Math.abs(found - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / draws.length) + 1e-9);
    }
  });

  test('has the variance of its closed form', () => {
    const [S, E] = [5, 40];
    const rng = new Rng(1);
    const shift = Array.from({ length: S }, () => rng.normal());
    const differences = shift.map((by) => Array.from({ length: E }, () => by + rng.normal()));
    const { draws } = bootstrap({ differences, tokens: new Array<number>(E).fill(1) }, 20_000);
    // T = Σ c_s w_e d_se / (S E) with multinomial counts: E[c_s c_t] = 1 − 1/S + [s = t], and the same of w.
    let [square, mean] = [0, 0];
    for (let s = 0; s < S; s++)
      for (let e = 0; e < E; e++) {
        mean += differences[s][e] / (S * E);
        for (let t = 0; t < S; t++)
          for (let f = 0; f < E; f++)
            square +=
              ((1 - 1 / S + Number(s === t)) * (1 - 1 / E + Number(e === f)) * differences[s][e] * differences[t][f]) /
              (S * E) ** 2;
      }
    const average = draws.reduce((a, b) => a + b) / draws.length;
    const variance = draws.reduce((sum, d) => sum + (d - average) ** 2, 0) / (draws.length - 1);
    expect(average).toBeCloseTo(mean, 1);
    expect(variance / (square - mean ** 2)).toBeGreaterThan(0.95);
    expect(variance / (square - mean ** 2)).toBeLessThan(1.05);
  });

  test('says the same each time, and takes no examples of different sets', () => {
    const paired = {
      differences: [
        [1, 2],
        [3, 4],
      ],
      tokens: [1, 1],
    };
    expect(bootstrap(paired).draws).toEqual(bootstrap(paired).draws);
    expect(() => bootstrap({ ...paired, tokens: [1] })).toThrow('a bootstrap over 2 seeds of 2,2 examples');
  });
});

test('intervals and both tests, of draws that are known', () => {
  // −1.00 … 2.00 in hundredths.
  const known = { estimate: 0.5, draws: Float64Array.from({ length: 301 }, (_, i) => (i - 100) / 100) };
  expect(percentiles(known)).toEqual([expect.closeTo(-0.925, 9), expect.closeTo(1.925, 9)]);
  expect(pDifferent(known)).toBeCloseTo((2 * (1 + 101)) / 302, 12);
  expect(pEqual(known, 1.5)).toBeCloseTo((1 + 51) / 302, 12);
  expect(pEqual(known, 3)).toBeCloseTo(1 / 302, 12);
});

describe("Holm's correction", () => {
  test('is the closed test of all intersections by Bonferroni', () => {
    const rng = new Rng(3);
    for (let round = 0; round < 20; round++) {
      const p = Array.from({ length: 6 }, () => rng.float() ** 3);
      // A hypothesis falls where every intersection that holds it does.
      const closed = p.map((_, i) => {
        let most = 0;
        for (let set = 1; set < 2 ** p.length; set++) {
          const inside = p.filter((__, k) => set & (1 << k));
          if (set & (1 << i)) most = Math.max(most, Math.min(1, inside.length * Math.min(...inside)));
        }
        return most;
      });
      holm(p).forEach((found, i) => expect(found).toBeCloseTo(closed[i], 12));
    }
  });

  test('counts what is not tested yet as p = 1', () => {
    const p = [0.01, 0.2, 0.03];
    expect(holm(p, 5)).toEqual(holm([...p, 1, 1]).slice(0, 3));
    expect(() => holm(p, 2)).toThrow('3 hypotheses of a family of 2');
  });
});
