import { expect, test } from 'vitest';
import { ratioQuantile } from '../../../shared/ratio';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../device/device';
import { expectClose } from '../../testing/allclose';
import { runOps, testDevice } from '../../testing/harness';
import {
  type GateSlot,
  type StatSlot,
  RATIO_BINS,
  packGateSlots,
  packStatSlots,
  ratioBin,
  ratioEdge,
  readGateSlots,
  readStatSlots,
} from '../gate/slots';
import { packSteerHyper, steer } from './steer';
import { belowRef } from './steer.ref';

async function run(
  slots: Partial<GateSlot>[],
  stats: StatSlot[],
  { target, perModule, enabled = true }: { target: number; perModule: boolean; enabled?: boolean },
) {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const tensor = scope.upload('slots', new Uint8Array(packGateSlots(slots)));
  const hyper = scope.upload('hyper', new Uint8Array(packSteerHyper(target, enabled)), 'uniform');
  await runOps(device, [
    steer(device, {
      hyper,
      slots: tensor,
      stats: scope.upload('stats', new Uint8Array(packStatSlots(stats))),
      modules: slots.length,
      perModule,
    }),
  ]);
  const after = readGateSlots(await readTensor(device, tensor));
  scope.free();
  return after;
}

/** A module whose r lie around `scale`, of which `skipped` were skipped. */
function module(rng: Rng, scale: number, skipped: number): StatSlot {
  const tokens = 300;
  const histogram = new Uint32Array(RATIO_BINS);
  for (let i = 0; i < tokens; i++) histogram[ratioBin(scale * Math.exp(0.5 * rng.normal()))]++;
  return {
    ...readStatSlots(packStatSlots([]))[0],
    tokens,
    active: tokens - skipped,
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
    histogram,
  };
}

const predicted = (slots: GateSlot[], stats: StatSlot[]) =>
  slots.map((s, m) => belowRef(stats[m].histogram, s.tau) / stats[m].tokens);
const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;

test.each([
  [1, 0.5],
  [7, 0.3],
  [56, 0.7],
  [211, 0.05],
  [56, 0.99],
])('%i modules, %f of the run: one shift for all', async (modules, target) => {
  const rng = new Rng(modules);
  const scales = Array.from({ length: modules }, () => 2 ** rng.uniform(-8, 1));
  const stats = scales.map((scale) => module(rng, scale, 100));
  const before = scales.map((scale) => ({ tau: rng.below(3) ? Math.fround(scale * rng.uniform(0, 2)) : 0 }));
  const after = await run(before, stats, { target, perModule: false });
  expect(mean(predicted(after, stats))).toBeCloseTo(target, 3);
  const [{ shift }] = after;
  expectClose(
    after.map((s) => s.tau),
    before.map(({ tau }, m) => Math.max(0, tau + shift * ratioQuantile(stats[m].histogram, 0.5))),
    { rtol: 1e-5, atol: 1e-6 },
  );
  expect(after.every((s) => s.shift === shift && s.correction === 0 && s.steered === 1)).toBe(true);
});

test('every module by itself', async () => {
  const rng = new Rng(5);
  const stats = Array.from({ length: 30 }, () => module(rng, 2 ** rng.uniform(-8, 1), 100));
  const after = await run(
    stats.map(() => ({ tau: 0.1 })),
    stats,
    { target: 0.6, perModule: true },
  );
  for (const share of predicted(after, stats)) expect(share).toBeCloseTo(0.6, 3);
});

test('what was missed is added up within bounds', async () => {
  const rng = new Rng(6);
  const stats = [module(rng, 0.1, 30), module(rng, 0.2, 90)];
  // 120 of 600 skipped: 0.3 too few.
  const [first, second] = await run([{ steered: 1, correction: 0.05 }, { steered: 1 }], stats, {
    target: 0.5,
    perModule: false,
  });
  expectClose([first.correction, second.correction], [0.14, 0.14], { rtol: 1e-6 });
  expect(mean(predicted([first, second], stats))).toBeCloseTo(0.64, 3);
  expect(
    (await run([{ steered: 1, correction: 0.15 }, {}], stats, { target: 0.5, perModule: false }))[0].correction,
  ).toBe(Math.fround(0.15));
  const own = await run([{ steered: 1 }, { steered: 1, correction: -0.15 }], stats, { target: 0.2, perModule: true });
  expectClose(
    own.map((s) => s.correction),
    [0.03, -0.15],
    { rtol: 1e-6 },
  );
});

test.each([[false], [true]])(
  'a share of whole tokens is reached where they end, not where the next one is (each module %s)',
  async (perModule) => {
    // 180 of 300 tokens and far from them the others; 0.6 as f32 is a little more.
    const stat = { ...module(new Rng(8), 1, 0), histogram: new Uint32Array(RATIO_BINS) };
    stat.histogram[20] = 180;
    stat.histogram[44] = 120;
    const [{ tau }] = await run([{ tau: 0 }], [stat], { target: 0.6, perModule });
    expectClose([tau], [ratioEdge(21)], { rtol: 1e-5 });
  },
);

test('r of 0 and the warm-up move nothing', async () => {
  const rng = new Rng(7);
  const still = { ...module(rng, 1, 0), histogram: new Uint32Array(RATIO_BINS) };
  still.histogram[0] = 300;
  // B = 0: every r is 0, so no threshold that is a multiple of r closes any.
  const [slot] = await run([{ tau: 0 }], [{ ...still, active: 300 }], { target: 0.5, perModule: false });
  expect(slot).toMatchObject({ tau: 0, shift: 0 });
  expect((await run([{ tau: 0 }], [{ ...still, active: 300 }], { target: 0.5, perModule: true }))[0]).toMatchObject({
    tau: 0,
    shift: 0,
  });
  const [resting] = await run([{ tau: 0.25 }], [module(rng, 1, 0)], { target: 0.5, perModule: false, enabled: false });
  expect(resting).toMatchObject({ tau: 0.25, steered: 0 });
});
