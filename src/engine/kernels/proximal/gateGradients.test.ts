import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../device/device';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import {
  NEW_SLOT,
  RATIO_BINS,
  packGateSlots,
  packStatSlots,
  ratioBin,
  ratioEdge,
  readGateSlots,
  readStatSlots,
} from '../gate/slots';
import { averagedRef } from './averaged.ref';
import { averaged, binGateGradients, storeGateGradients } from './gateGradients';
import { packProximalHyper } from './proximal';

test.each([1, 57, 1001])(
  '%i rows: gate gradients of two micro-batches stand behind one another, and in their bins',
  async (rows) => {
    const device = await testDevice();
    const scope = device.buffers.scope('test');
    // Some lie on the edge of a bin.
    const ratio = randomFloats(rows + 20, 1, 6).map((r, i) =>
      i % 5 === 4 ? ratioEdge(i % (RATIO_BINS + 1)) : Math.max(0, r),
    );
    const mu = randomFloats(rows + 20, 2);
    const [pairs, sums] = [scope.alloc('pairs', 8 * (2 * rows + 9)), scope.alloc('sums', 4 * RATIO_BINS)];
    const given = { ratio: scope.upload('ratio', ratio), mu: scope.upload('mu', mu) };
    const pass = (kind: 'train' | 'probe', first: number) => {
      const count = { ...rowCount(scope, rows, { kind, first }), of: () => rows + 5 };
      return [
        storeGateGradients({ rows: count, ...given, kind: 'train', pairs }),
        binGateGradients(device, { rows: count, ...given, kind: 'train', sums }),
      ];
    };
    await runOps(device, [...pass('train', 0), ...pass('probe', rows), ...pass('train', rows)]);
    const own = Array.from({ length: rows }, (_, i) => [ratio[i], mu[i]]).flat();
    expect(await floats(device, pairs, 4 * rows + 18)).toEqual(
      Float32Array.from([...own, ...own, ...Array(18).fill(0)]),
    );
    const expected = new Float64Array(RATIO_BINS);
    for (let i = 0; i < rows; i++) expected[ratioBin(ratio[i])] += 2 * mu[i];
    expectClose(await floats(device, sums, RATIO_BINS), expected, { atol: 2e-6 * rows ** 0.5 });
    scope.free();
  },
);

test.each(['auto', 0.5] as const)('averages and their best edge over ten steps, η %s', async (eta) => {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const rng = new Rng(3);
  const modules = 70;
  // Of these, all edges are equally good in the first step, and two of them as near.
  const level = (m: number, step: number) => step === 0 && m % 10 === 0;
  const between = (m: number) => (ratioEdge(20 + m / 10) + ratioEdge(21 + m / 10)) / 2;
  const slots = scope.upload(
    'slots',
    new Uint8Array(
      packGateSlots(
        Array.from({ length: modules }, (_, m) => ({
          ...NEW_SLOT,
          tau: level(m, 0) ? between(m) : Math.fround(rng.uniform(0, 0.5)),
        })),
      ),
    ),
  );
  const average = scope.alloc('average', 8 * RATIO_BINS * modules);
  const expected = Array.from({ length: modules }, () => ({
    mu: Array<number>(RATIO_BINS).fill(0),
    count: Array<number>(RATIO_BINS).fill(0),
  }));
  let moved = 0;
  for (let step = 0; step < 10; step++) {
    const before = readGateSlots(await readTensor(device, slots));
    // Exact in f32, so that empty bins and sums of 0 make ties.
    const sums = Float32Array.from({ length: modules * RATIO_BINS }, (_, i) =>
      !level(Math.floor(i / RATIO_BINS), step) && rng.below(2) ? (rng.below(9) - 4) / 256 : 0,
    );
    const stats = packStatSlots(
      Array.from({ length: modules }, (_, m) => ({
        tokens: 0,
        active: 0,
        muActive: 0,
        muSkipped: 0,
        disagreeMu: 0,
        ownSum: 0,
        forwardRows: 0,
        dxRows: 0,
        gradRows: 0,
        measured: 0,
        activeHelpful: 0,
        skippedHelpful: 0,
        histogram: Uint32Array.from({ length: RATIO_BINS }, () => (level(m, step) ? 0 : rng.below(5))),
      })),
    );
    const lambda = 1 / 1024;
    const hyper = scope.upload(
      'hyper',
      new Uint8Array(packProximalHyper({ tokens: 0, enabled: true, lambda, eta })),
      'uniform',
    );
    await runOps(device, [
      averaged({
        hyper,
        sums: scope.upload('sums', sums),
        stats: scope.upload('stats', new Uint8Array(stats)),
        average,
        slots,
        modules,
      }),
    ]);
    const after = readGateSlots(await readTensor(device, slots));
    const counts = readStatSlots(stats);
    after.forEach(({ tau, updates }, m) => {
      const ref = averagedRef(expected[m], {
        sums: sums.subarray(m * RATIO_BINS),
        counts: counts[m].histogram,
        first: step === 0,
        tau: before[m].tau,
        lambda,
        eta: eta === 'auto' ? Infinity : eta,
      });
      expect(updates).toBe(step + 1);
      if (tau !== before[m].tau) moved++;
      // In the first step sums without a bound are exact, so ties must be broken alike; later, equal up to rounding
      // will do.
      if (step === 0 && eta === 'auto') expect(tau, `module ${m}`).toBe(ref.tau);
      const edge = Array.from({ length: RATIO_BINS + 1 }, (_, e) => ratioEdge(e)).indexOf(tau);
      expect(ref.objectives[edge] - Math.min(...ref.objectives), `module ${m}`).toBeLessThan(1e-6);
    });
    expectClose(
      await floats(device, average, 2 * RATIO_BINS * modules),
      expected.flatMap((e) => [...e.mu, ...e.count]),
      { atol: 2e-6 },
    );
  }
  expect(moved).toBeGreaterThan(modules);
  scope.free();
});
