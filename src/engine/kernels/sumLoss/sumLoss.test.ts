import { describe, expect, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testDevice } from '../../testing/harness';
import { sumLoss } from './sumLoss';
import { sumLossRef } from './sumLoss.ref';

describe('sumLoss', () => {
  for (const rows of [57, 1, 130, 5000]) {
    it(`adds ${rows} losses to the total, the same twice`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('sumLoss');
      const loss = randomFloats(2 * rows + 3, 1, 4).map((x) => x + 4); // two segments, and three more
      const totals = [0, 1].map((i) => scope.upload(`total${i}`, Float32Array.of(2.5, 1, 7)));
      const input = scope.upload('loss', loss);
      const dims = rowCount(scope, rows, { segments: 2, supervised: rows });
      await runOps(
        device,
        totals.map((total) => sumLoss(device, { rows: dims, loss: input, total })),
        { rows, supervised: rows, segments: 2 },
      );
      const [a, b] = await Promise.all(totals.map((total) => floats(device, total, 3)));
      expectClose(a, [sumLossRef(loss.slice(0, rows), 2.5), sumLossRef(loss.slice(rows, 2 * rows), 1), 7], {
        rtol: 1e-6,
      });
      expect(b).toEqual(a);
      scope.free();
    });
  }

  it('skips what lies between the segments', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('sumLoss');
    const loss = randomFloats(64 + 5, 1, 4);
    const total = scope.upload('total', Float32Array.of(0, 0));
    const rows = rowCount(scope, 5, { segments: 2, supervised: 5 });
    await runOps(device, [sumLoss(device, { rows, loss: scope.upload('loss', loss), total, stride: 64 })], {
      rows: 5,
      supervised: 5,
      segments: 2,
    });
    const expected = [loss.slice(0, 5), loss.slice(64, 69)].map((own) => sumLossRef(own, 0));
    expectClose(await floats(device, total, 2), expected, { rtol: 1e-6 });
    scope.free();
  });

  it('leaves the total alone when there are no rows', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('sumLoss');
    const op = sumLoss(device, {
      rows: rowCount(scope, 0),
      loss: scope.alloc('loss', 16),
      total: scope.alloc('total', 4),
    });
    expect(typeof op.groups === 'function' && op.groups({ rows: 0, supervised: 0, segments: 1 })[0]).toBe(0);
    scope.free();
  });
});
