import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { readTensor } from '../../device/device';
import { expectClose } from '../../testing/allclose';
import { randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { STAT_BYTES, readStatSlots, statOf } from '../gate/slots';
import { coinSums } from './coin';
import { coinSumRef } from './coin.ref';

// Beyond 256 rows several workgroups share the sum; beyond 8 · 256 each takes more.
test.each([1, 57, 1001, 2501])('coins for %i rows: of each seed, step, module and part their own', async (rows) => {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  const rng = new Rng(rows);
  const open = Uint32Array.from({ length: rows + 50 }, () => rng.below(2));
  const mu = randomFloats(rows + 50, 1);
  const size = mu.reduce((sum, m) => sum + Math.abs(m), 0);
  const tensors = { mu: scope.upload('mu', mu), open: scope.upload('open', open) };
  const sums: number[] = [];
  for (const at of [
    { seed: 1, draw: 0, module: 0, first: 0 },
    { seed: 2, draw: 0, module: 0, first: 0 },
    { seed: 1, draw: 3, module: 0, first: 0 },
    { seed: 1, draw: 0, module: 0xdeadbeef, first: 0 },
    { seed: 1, draw: 0, module: 0, first: 11 },
  ]) {
    const { seed, draw, module, first } = at;
    const stats = scope.alloc('stats', 2 * STAT_BYTES);
    const op = coinSums(device, {
      rows: rowCount(scope, rows, { draw, first }),
      ...tensors,
      stat: statOf(stats, 1),
      seed,
      module,
    });
    await runOps(device, [op], { rows, supervised: 0, segments: 1 });
    await runOps(device, [op], { rows, supervised: 0, segments: 1 });
    const [other, got] = readStatSlots(await readTensor(device, stats));
    const expected = coinSumRef(mu, open, { ...at, rows });
    expectClose([got.ownSum], [2 * expected], { atol: 2e-6 * size }, 'Σ c ±|μ|');
    expect({ ...got, ownSum: 0 }, 'nothing else').toEqual(other);
    sums.push(expected);
  }
  if (rows > 1) expect(new Set(sums).size).toBe(sums.length);
  scope.free();
});

test('half of the coins are heads', () => {
  const rows = 10_000;
  const harmful = coinSumRef(new Float64Array(rows).fill(1), new Uint8Array(rows).fill(1), {
    seed: 7,
    draw: 1,

    module: 3,
    first: 0,
    rows,
  });
  expect(Math.abs(harmful / rows - 0.5)).toBeLessThan(0.02);
});
