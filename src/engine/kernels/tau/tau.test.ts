import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import type { Tensor } from '../../device/buffers';
import { Program } from '../../device/program';
import { readTensor } from '../../device/device';
import { expectClose } from '../../testing/allclose';
import { floats, rowCount, runOps, testDevice } from '../../testing/harness';
import { activeListBytes } from '../gate/activeRows';
import { gate } from '../gate/gate';
import {
  NEW_SLOT,
  SLOT_BYTES,
  STAT_BYTES,
  packGateSlots,
  packStatSlots,
  readGateSlots,
  readStatSlots,
  slotOf,
  statOf,
} from '../gate/slots';
import { muStats } from '../muStats/muStats';
import { packTauHyper, updateTau } from './tau';
import { updateTauRef } from './tau.ref';

const stat = (active: number, disagreeMu: number, histogram: Uint32Array) => ({
  tokens: 100,
  active,
  muActive: 0,
  muSkipped: 0,
  disagreeMu,
  ownSum: -0.7 * disagreeMu,
  forwardRows: 0,
  dxRows: 0,
  gradRows: 0,
  measured: 100,
  activeHelpful: 0,
  skippedHelpful: 0,
  histogram,
});

test.each([
  [1, 'auto'],
  [2, 'auto'],
  [7, 1e-3],
  [56, 'auto'],
  [211, 'auto'],
  [9, 'auto', { ownRho: true }],
  [9, 1e-3, { ownRho: true }],
  [7, 4e-5, { literal: true }],
  [7, 'auto', { literal: true, ownRho: true }],
  [7, 1e-3, { ownSum: true }],
] as const)(
  '%i modules, step %s, over many steps %o',
  async (modules, tauLearningRate, options: { ownRho?: boolean; literal?: boolean; ownSum?: boolean } = {}) => {
    const device = await testDevice();
    const scope = device.buffers.scope('test');
    const rng = new Rng(modules);
    const slots = scope.alloc('slots', modules * SLOT_BYTES);
    const stats = scope.alloc('stats', modules * STAT_BYTES);
    const rho = scope.alloc('rho', 8);
    const hyper = scope.alloc('hyper', 32, 'uniform');
    const program = await new Program(device, scope, 'tau', [
      updateTau(device, {
        slots,
        stats,
        rho,
        hyper,
        modules,
        ownRho: options.ownRho ?? false,
        literal: options.literal ?? false,
        ownSum: options.ownSum ?? false,
      }),
    ]).compile();
    const write = (tensor: Tensor, data: ArrayBuffer) => device.write(tensor, data);
    const expected = Array.from({ length: modules }, () => ({ ...NEW_SLOT }));
    let ref = { rho: 0, step: 0 };
    for (let step = 0; step < 40; step++) {
      const draw = () => Uint32Array.from({ length: 64 }, () => (rng.below(3) === 0 ? rng.below(20) : 0));
      const s = expected.map(() => stat(rng.below(100), rng.uniform(-0.01, 0.02), draw()));
      // Stored as f32, so that both sides see the same numbers; Σ c_i μ_i comes in two of its parts.
      const packed = packStatSlots(s);
      s.forEach((_, i) => {
        new Float32Array(packed, i * STAT_BYTES)[8 + 4 * 5 + 2] = rng.uniform(-0.01, 0.01);
      });
      const seen = readStatSlots(packed).map((read) => ({
        ...read,
        disagreeMu: options.ownSum ? read.ownSum : read.disagreeMu,
      }));
      const h = s.map(({ histogram }) => histogram);
      const params = { lambda: Math.fround(5e-5), tauLearningRate, stepsLeft: 90, enabled: step >= 3 };
      write(stats, packed);
      write(hyper, packTauHyper(params));
      device.submit('tau', (commands) => program.encode(commands, { rows: 0, supervised: 0, segments: 1 }));
      if (params.enabled) ref = updateTauRef(expected, seen, h, { rhoBefore: ref.rho, h: { ...params, ...options } });
      const got = readGateSlots(await readTensor(device, slots));
      const scale = Math.max(...expected.map((e) => e.step), 1e-9) * 40;
      expect(got.map((g) => g.updates)).toEqual(expected.map((e) => e.updates));
      expectClose(
        got.map((g) => g.tau),
        expected.map((e) => e.tau),
        { atol: 2e-6 * scale },
        `tau at ${step}`,
      );
      expectClose(
        got.map((g) => g.m),
        expected.map((e) => e.m),
        { atol: options.literal ? 1e-10 : 1e-8 },
        `m at ${step}`,
      );
      expectClose(
        got.map((g) => g.step),
        expected.map((e) => e.step),
        { rtol: 1e-6 },
        'steps',
      );
      expectClose(await floats(device, rho, 2), [ref.rho, ref.step], { rtol: 1e-6 }, 'rho');
    }
    expect(device.error()).toBeNull();
    expect(expected.some((e) => e.tau > 0)).toBe(true);
    scope.free();
  },
);

/**
 * The method's sign check through gate, muStats and tau: one module, rank 4, B's first column e_0 of
 * length 1, so r_i = z_i / ‖y_i‖ = z_i and μ_i = u_i·z_i, its sign that of u_i.
 */
async function simulate(tau: number, sign: (i: number) => number, steps: number) {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const rows = 64;
  const first = (f: (i: number) => number) =>
    Float32Array.from({ length: rows * 4 }, (_, k) => (k % 4 === 0 ? f(k / 4) : 0));
  const z = scope.upload(
    'z',
    first((i) => 0.1 + 0.01 * i),
  );
  const u = scope.upload(
    'u',
    first((i) => sign(i) * 1e-3),
  );
  const rowNormSquared = { tensor: scope.upload('squares', new Float32Array(rows).fill(1)), parts: 1 };
  const g = scope.upload(
    'gram',
    Float32Array.from({ length: 16 }, (_, k) => (k === 0 ? 1 : 0)),
  );
  const slots = scope.upload('slots', new Uint8Array(packGateSlots([{ tau, m: 0, v: 0, updates: 0 }])), 'uniform');
  const stats = scope.alloc('stats', STAT_BYTES);
  const [ratio, open, mu] = ['ratio', 'open', 'mu'].map((name) => scope.alloc(name, rows * 4));
  const count = rowCount(scope, rows);
  const shape = { rank: 4, scaling: 1 };
  const ops = [
    { clear: stats },
    ...gate(device, {
      rows: count,
      size: { z, gram: g, ...shape },
      rowNormSquared,
      slot: slotOf(slots, 0),
      stat: statOf(stats, 0),
      ratio,
      open,
      record: true,
      list: scope.alloc('list', activeListBytes(rows)),
      tileRows: 8,
    }),
    muStats(device, { rows: count, terms: { u, z, ...shape }, open, stat: statOf(stats, 0), mu }),
    updateTau(device, {
      slots,
      stats,
      rho: scope.alloc('rho', 8),
      modules: 1,
      hyper: scope.upload(
        'hyper',
        new Uint8Array(packTauHyper({ lambda: 0, tauLearningRate: 'auto', stepsLeft: 60, enabled: true })),
        'uniform',
      ),
      ownRho: false,
      literal: false,
      ownSum: false,
    }),
  ];
  const counts = { rows, supervised: 0, segments: 1 };
  const skipped: number[] = [];
  const taus: number[] = [];
  for (let i = 0; i < steps; i++) {
    await runOps(device, ops, counts);
    skipped.push(1 - readStatSlots(await readTensor(device, stats))[0].active / rows);
    taus.push(readGateSlots(await readTensor(device, slots))[0].tau);
  }
  scope.free();
  return { skipped, taus };
}

test('open gates and half of the tokens harmful: tau rises, the skipped share grows', async () => {
  const { skipped, taus } = await simulate(0, (i) => (i % 2 === 0 ? 1 : -0.01), 15);
  expect(skipped[0]).toBe(0);
  expect(taus[0]).toBeGreaterThan(0);
  expect(taus[14]).toBeGreaterThan(taus[4]);
  expect(skipped[14]).toBeGreaterThan(0.3);
});

test('every update helps: tau stays 0', async () => {
  const { skipped, taus } = await simulate(0, () => -1, 10);
  expect(taus.every((t) => t === 0)).toBe(true);
  expect(skipped.every((s) => s === 0)).toBe(true);
});

test('all closed and every update would help: tau falls', async () => {
  const { skipped, taus } = await simulate(2, () => -1, 10);
  expect(skipped[0]).toBe(1);
  for (let i = 0; i < 10; i++) expect(taus[i]).toBeLessThan(i === 0 ? 2 : taus[i - 1]);
});
