import { expect, it } from 'vitest';
import { Rng } from '../shared/rng';
import { sampleToken } from './sample';
import { sampleTokenRef } from './sample.ref';

/** Kinds of logits: what a model says, ties, one that is sure, all alike, tokens that are ruled out, far too large. */
const KINDS: Record<string, (rng: Rng, i: number) => number> = {
  spread: (rng) => 4 * rng.normal(),
  ties: (rng) => rng.below(6) / 2,
  'sure of one': (rng, i) => (i === 3 ? 30 : rng.normal()),
  alike: () => 1.5,
  'ruled out': (rng) => (rng.below(3) === 0 ? -Infinity : rng.normal()),
  'nearly alike': (rng) => 7 + 1e-6 * rng.normal(),
  large: (rng) => 1e4 * rng.normal(),
};
const TEMPERATURES = [0, 0.01, 0.3, 0.7, 1, 2.5, 10];
const TOP_P = [0, 0.1, 0.5, 0.9, 0.95, 0.999, 1];

for (const [kind, logit] of Object.entries(KINDS)) {
  it(`the same tokens as from all of them sorted: ${kind}`, () => {
    const rng = new Rng(1);
    const chosen = new Set<number>();
    for (let n = 0; n < 3000; n++) {
      const logits = Float32Array.from({ length: 1 + rng.below(n % 10 ? 60 : 1500) }, (_, i) => logit(rng, i));
      const how = { temperature: TEMPERATURES[rng.below(TEMPERATURES.length)], topP: TOP_P[rng.below(TOP_P.length)] };
      const [own, reference] = [new Rng(n), new Rng(n)];
      const token = sampleToken(logits, how, own);
      expect(token, JSON.stringify({ n, ...how })).toBe(sampleTokenRef(logits, how, reference));
      expect(own.state(), 'one random number').toEqual(reference.state());
      chosen.add(token);
    }
    expect(chosen.size).toBeGreaterThan(10);
  });
}

it('of the nucleus, each as often as it is likely', () => {
  const probabilities = [0.4, 0.3, 0.15, 0.1, 0.05];
  const rng = new Rng(2);
  const counts = probabilities.map(() => 0);
  const draws = 20_000;
  for (let n = 0; n < draws; n++)
    counts[sampleToken(Float32Array.from(probabilities, Math.log), { temperature: 1, topP: 0.8 }, rng)]++;
  // 0.4 + 0.3 + 0.15 is the first sum of at least 0.8. Four standard deviations.
  const nucleus = 0.85;
  [0.4, 0.3, 0.15].forEach((p, i) =>
    expect(Math.abs(counts[i] / draws - p / nucleus)).toBeLessThan(4 * Math.sqrt(0.25 / draws)),
  );
  expect(counts.slice(3)).toEqual([0, 0]);
});
