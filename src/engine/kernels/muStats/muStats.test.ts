import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../gpu/readback';
import { expectClose, expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testGpu } from '../../testing/harness';
import { readStatSlots, slotOf } from '../gate/slots';
import { muStats } from './muStats';
import { muStatsRef } from './muStats.ref';

test.each([[57, 4], [1, 8], [130, 64], [1000, 12]])('μ of %i rows, rank %i', async (rows, rank) => {
  const gpu = await testGpu();
  const scope = gpu.buffers.scope('test');
  const rng = new Rng(8);
  const open = Uint32Array.from({ length: rows + 50 }, () => rng.below(2));
  const u = randomFloats((rows + 50) * rank, 1);
  const z = randomFloats((rows + 50) * rank, 2);
  const stats = scope.alloc('stats', 512);
  // All buffers are longer than this pass.
  const mu = scope.upload('mu', new Float32Array(rows + 50).fill(7));
  const ops = muStats(gpu, { rows: rowCount(scope, rows), u: scope.upload('u', u), z: scope.upload('z', z), open: scope.upload('open', open), stat: slotOf(stats, 1), mu, rank, scaling: 2 });
  await runOps(gpu, ops, { rows, supervised: 0 });
  const expected = muStatsRef(u, z, open, rows, rank, 2);
  expectCloseToMax(await floats(gpu, mu, rows), expected.mu, 1e-6);
  expect((await floats(gpu, mu, rows + 50)).slice(rows)).toEqual(new Float32Array(50).fill(7));
  const size = expected.mu.reduce((s, m) => s + Math.abs(m), 0);
  const check = async (times: number) => {
    const got = readStatSlots(await readTensor(gpu, stats));
    for (const name of ['muKept', 'muSkipped', 'disagreeMu'] as const) {
      expect(got[0][name]).toBe(0);
      expectClose([got[1][name]], [times * expected[name]], { atol: times * 1e-6 * size }, name);
    }
  };
  await check(1);
  await runOps(gpu, ops, { rows, supervised: 0 });
  await check(2);
  scope.free();
});
