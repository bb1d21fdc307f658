import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../device/device';
import { expectClose, expectCloseToMax } from '../../testing/allclose';
import { floats, onCpu, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { MU_PARTS, STAT_BYTES, readStatSlots, statOf } from '../gate/slots';
import { muStats } from './muStats';
import { muStatsRef } from './muStats.ref';

// Beyond 256 rows several workgroups share the sums; beyond 8 · 256 each takes more.
test.each([
  [57, 4],
  [1, 8],
  [130, 64],
  [1001, 12],
  [257, 16],
  [2500, 4],
  [2101, 64],
])('μ of %i rows, rank %i', async (rows, rank) => {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const rng = new Rng(8);
  const open = Uint32Array.from({ length: rows + 50 }, () => rng.below(2));
  const u = randomFloats((rows + 50) * rank, 1);
  const z = randomFloats((rows + 50) * rank, 2);
  // Every other case has what Δ has besides s B z.
  const extra = rank % 8 === 4 ? randomFloats(rows + 50, 3) : undefined;
  const stats = scope.alloc('stats', 2 * STAT_BYTES);
  // All buffers are longer than this pass.
  const mu = scope.upload('mu', new Float32Array(rows + 50).fill(7));
  const op = muStats(device, {
    rows: rowCount(scope, rows),
    terms: {
      u: scope.upload('u', u),
      z: scope.upload('z', z),
      rank,
      scaling: 2,
      ...(extra ? { extra: scope.upload('extra', extra) } : {}),
    },
    open: scope.upload('open', open),
    stat: statOf(stats, 1),
    mu,
  });
  await runOps(device, [op], { rows, supervised: 0, segments: 1 });
  const expected = muStatsRef(u, z, open, { rows, rank, scaling: 2, extra });
  expectCloseToMax(await floats(device, mu, rows), expected.mu, 1e-6);
  expect((await floats(device, mu, rows + 50)).slice(rows)).toEqual(new Float32Array(50).fill(7));
  const size = expected.mu.reduce((s, m) => s + Math.abs(m), 0);
  const check = async (times: number) => {
    const got = readStatSlots(await readTensor(device, stats));
    expect(got[1]).toMatchObject({
      measured: times * rows,
      activeHelpful: times * expected.activeHelpful,
      skippedHelpful: times * expected.skippedHelpful,
    });
    for (const name of ['muActive', 'muSkipped', 'disagreeMu'] as const) {
      expect(got[0][name]).toBe(0);
      expectClose([got[1][name]], [times * expected[name]], { atol: times * 1e-6 * size }, name);
    }
  };
  await check(1);
  await runOps(device, [op], { rows, supervised: 0, segments: 1 });
  await check(2);
  // No two workgroups add to the same numbers; on the CPU one part takes all.
  const parts = new Float32Array(await readTensor(device, stats), STAT_BYTES + 32, 4 * MU_PARTS);
  const written = Array.from({ length: MU_PARTS }, (_, p) => parts[4 * p] !== 0 || parts[4 * p + 1] !== 0);
  expect(written).toEqual(written.map((_, p) => p < (onCpu ? 1 : Math.ceil(rows / 256))));
  const twice = await readTensor(device, stats);
  device.write(stats, new Uint8Array(stats.size));
  await runOps(device, [op, op], { rows, supervised: 0, segments: 1 });
  expect(await readTensor(device, stats), 'the same bits').toEqual(twice);
  scope.free();
});
