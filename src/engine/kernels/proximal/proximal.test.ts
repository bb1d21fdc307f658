/** 1,000 random modules with ties through the sort and the step, each against brute force over the intervals in f64. */
import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../device/device';
import { runOps, testDevice } from '../../testing/harness';
import { packGateSlots, readGateSlots } from '../gate/slots';
import { packProximalHyper, pairBytes, proximal } from './proximal';
import { objectiveRef, proximalRef } from './proximal.ref';

interface Case {
  ratio: Float32Array;
  mu: Float32Array;
  tau: number;
}

/** Steps all modules at once; all have as many tokens. */
async function step(cases: Case[], lambda: number, eta: number | 'auto', enabled = true) {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const [modules, tokens] = [cases.length, cases[0].ratio.length];
  // Room for more than there is, with what an earlier, longer batch left there.
  const capacity = tokens + 5;
  const pairs = new Float32Array(2 * modules * capacity).fill(0.01);
  cases.forEach(({ ratio, mu }, m) => ratio.forEach((r, i) => pairs.set([r, mu[i]], 2 * (m * capacity + i))));
  const slots = scope.upload(
    'slots',
    new Uint8Array(packGateSlots(cases.map(({ tau }) => ({ tau, m: 0, v: 0, updates: 3 })))),
  );
  const sorted = scope.upload('pairs', pairs);
  const hyper = scope.upload('hyper', new Uint8Array(packProximalHyper({ tokens, enabled, lambda, eta })), 'uniform');
  await runOps(
    device,
    proximal(device, {
      hyper,
      pairs: sorted,
      other: scope.alloc('other', pairBytes(modules, capacity)),
      slots,
      modules,
      capacity,
    }),
  );
  const result = {
    slots: readGateSlots(await readTensor(device, slots)),
    pairs: new Float32Array(await readTensor(device, sorted)),
    capacity,
  };
  scope.free();
  return result;
}

/** Few different r, among them 0 and each other's neighbours, so that many are equal. */
function draw(rng: Rng, tokens: number, dyadic: boolean): Case {
  const next = new Float32Array(1);
  const values = Array.from({ length: 1 + rng.below(tokens) }, () => {
    next[0] = rng.below(8) === 0 ? 0 : 2 ** rng.uniform(-14, 4);
    if (next[0] > 0 && rng.below(4) === 0) new Uint32Array(next.buffer)[0] += 1;
    return next[0];
  });
  const ratio = Float32Array.from({ length: tokens }, () => values[rng.below(values.length)]);
  // Small multiples of a power of 2 add up without rounding, so that equal sums are equal bits.
  const mu = Float32Array.from({ length: tokens }, () => (dyadic ? (rng.below(7) - 3) / 64 : rng.uniform(-1, 1)));
  const tau = [0, ratio[0], rng.uniform(0, 1), 20, 2 ** -126][rng.below(5)];
  return { ratio, mu, tau: Math.fround(tau) };
}

const kept = ({ ratio }: Case, tau: number) => Array.from(ratio, (r) => r >= tau).join();

test('exact sums, ties and all: the same tokens as brute force keeps, 700 modules', async () => {
  const rng = new Rng(1);
  let ties = 0;
  for (const [modules, tokens] of [
    [100, 1],
    [200, 2],
    [200, 7],
    [150, 33],
    [50, 130],
  ]) {
    const cases = Array.from({ length: modules }, () => draw(rng, tokens, true));
    const lambda = (rng.below(5) - 2) / 64;
    const { slots } = await step(cases, lambda, 'auto');
    cases.forEach((c, m) => {
      const [best, second] = proximalRef({ ratio: c.ratio, cost: c.mu.map((v) => v + lambda) }, c.tau, Infinity);
      if (second?.objective === best.objective) ties++;
      const { tau } = slots[m];
      expect(
        kept(c, tau),
        `module ${m} of ${tokens} tokens: τ ${c.tau} → ${tau}, brute force (${best.low}, ${best.high}]`,
      ).toBe(kept(c, best.high));
      if (best.low < c.tau && c.tau <= best.high) expect(tau, 'no reason to move').toBe(c.tau);
      expect(slots[m].updates).toBe(4);
    });
  }
  expect(ties, 'cases with a tie').toBeGreaterThan(50);
});

test('any costs, with and without a bound on the step: the least objective, 300 modules', async () => {
  const rng = new Rng(2);
  for (const [modules, tokens, eta] of [
    [100, 57, 'auto'],
    [100, 57, 0.3],
    [50, 1001, 'auto'],
    [50, 1001, 0.01],
  ] as const) {
    const cases = Array.from({ length: modules }, () => draw(rng, tokens, false));
    const lambda = Math.fround(rng.uniform(-0.1, 0.1));
    const { slots, pairs, capacity } = await step(cases, lambda, eta);
    cases.forEach((c, m) => {
      const costs = { ratio: c.ratio, cost: Float64Array.from(c.mu, (v) => v + lambda) };
      const bound = eta === 'auto' ? Infinity : eta;
      const [best] = proximalRef(costs, c.tau, bound);
      const slack = 1e-6 * (costs.cost.reduce((s, p) => s + Math.abs(p), 0) + best.away ** 2 / bound);
      expect(Math.abs(objectiveRef(costs, slots[m].tau, c.tau, bound) - best.objective)).toBeLessThanOrEqual(slack);
      // The sort: ascending, stable, nothing lost, nothing touched behind the last token.
      const order = Array.from(c.ratio.keys()).sort((a, b) => c.ratio[a] - c.ratio[b] || a - b);
      const own = pairs.subarray(2 * m * capacity, 2 * (m + 1) * capacity);
      expect(own).toEqual(
        Float32Array.from([...order.flatMap((i) => [c.ratio[i], c.mu[i]]), ...Array(10).fill(Math.fround(0.01))]),
      );
    });
  }
});

test('nothing moves in the warm-up, nor on costs that are not numbers', async () => {
  const c: Case = { ratio: Float32Array.of(0.1, 0.2), mu: Float32Array.of(NaN, 1), tau: 0.15 };
  const cases = [c, { ...c, mu: Float32Array.of(1, 1) }];
  const { slots } = await step(cases, 0, 'auto');
  expect(slots[0]).toMatchObject({ tau: Math.fround(0.15), updates: 3 });
  expect(slots[1].tau).toBeGreaterThan(Math.fround(0.2));
  expect((await step(cases, 0, 'auto', false)).slots[1]).toMatchObject({ tau: Math.fround(0.15), updates: 3 });
});

test('the same bits on every run', async () => {
  const rng = new Rng(3);
  const cases = Array.from({ length: 7 }, () => draw(rng, 513, false));
  expect(await step(cases, 0.001, 'auto')).toEqual(await step(cases, 0.001, 'auto'));
});
