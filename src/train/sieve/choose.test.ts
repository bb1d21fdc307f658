import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { between, cheapest, evenly, groupsOf, rank, thresholdOf } from './choose';
import { gaussLegendre, pathAttribution } from './path';

describe('a choice', () => {
  const ranked = rank(Float32Array.of(0.3, 0.1, 0.2, 0.4, 0, 0, 0, 0.5), 2);

  it('skips the tokens with the smallest r, by a threshold that keeps r ≥ τ active', () => {
    expect([...ranked[0].order]).toEqual([1, 2, 0, 3]);
    expect(evenly(ranked, 0.5)).toEqual([2, 2]);
    expect(thresholdOf(ranked[0], 0)).toBe(0);
    expect(thresholdOf(ranked[0], 2)).toBe(Math.fround(0.3));
    expect(thresholdOf(ranked[0], 4)).toBeGreaterThan(Math.fround(0.4));
    // Tokens of equal r are active together.
    expect(thresholdOf(ranked[1], 2)).toBe(0);
  });

  it('is the cheapest of all that skip so many, as far as costs add up', () => {
    // Brute force over all choices of two modules, of those on their lower hulls: there the greedy one is exact.
    const modules = fc.array(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 4, maxLength: 4 }), {
      minLength: 2,
      maxLength: 2,
    });
    fc.assert(
      fc.property(modules, fc.integer({ min: 0, max: 8 }), (costs, count) => {
        const byR = rank(Float32Array.from([1, 2, 3, 4, 1, 2, 3, 4]), 2);
        const chosen = cheapest(byR, costs, count);
        expect(chosen[0] + chosen[1]).toBe(count);
        const total = (k: number[]) =>
          k.reduce((sum, n, m) => sum + costs[m].slice(0, n).reduce((a, b) => a + b, 0), 0);
        const best = Math.min(
          ...Array.from({ length: 5 }, (_, k) => k)
            .filter((k) => count - k >= 0 && count - k <= 4)
            .map((k) => total([k, count - k])),
        );
        // The hull lies below: at most one stretch, of at most four tokens that cost 5 more each, is cut.
        expect(total(chosen)).toBeGreaterThanOrEqual(best);
        const convex = costs.every((c) => c.every((x, i) => i === 0 || x >= c[i - 1]));
        if (convex) expect(total(chosen)).toBe(best);
      }),
    );
  });

  it('moves part of the way with as many skipped in all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 9 }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (from, t) => {
          const to = [...from].reverse();
          const moved = between(from, to, t);
          const sum = (x: number[]) => x.reduce((a, b) => a + b, 0);
          expect(sum(moved)).toBe(sum(from));
          expect(moved.every((k) => k >= 0)).toBe(true);
        },
      ),
    );
    expect(between([4, 0], [0, 4], 1)).toEqual([0, 4]);
    expect(between([4, 0], [0, 4], 0)).toEqual([4, 0]);
  });

  it('groups hold every module once', () => {
    const groups = groupsOf(13, 8, 5);
    expect(groups.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 13 }, (_, i) => i));
    expect(groupsOf(13, 8, 5)).toEqual(groups);
    expect(groupsOf(13, 8, 6)).not.toEqual(groups);
  });
});

it('Gauss–Legendre points integrate polynomials up to degree 2n − 1', () => {
  for (const n of [1, 2, 5, 20]) {
    const points = gaussLegendre(n);
    for (let degree = 0; degree < 2 * n; degree++)
      expect(points.reduce((sum, { at, weight }) => sum + weight * at ** degree, 0)).toBeCloseTo(1 / (degree + 1), 12);
    expect(points.every(({ at }) => at > 0 && at < 1)).toBe(true);
  }
});

it('a path attribution is the integral of what each update changes', async () => {
  // μ at scale t is t · d/dt: of losses t² and −t³ the parts are what each lowers the loss by.
  const worths = await pathAttribution(5, async (t) => [Float32Array.of(t * 2 * t, -t * 3 * t * t)]);
  expect(worths[0][0]).toBeCloseTo(-1, 6);
  expect(worths[0][1]).toBeCloseTo(1, 6);
});
