import { describe, expect, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testGpu } from '../../testing/harness';
import { sumLoss } from './sumLoss';
import { sumLossRef } from './sumLoss.ref';

describe('sumLoss', () => {
  for (const rows of [57, 1, 130, 5000]) {
    it(`adds ${rows} losses to the total, the same twice`, async () => {
      const gpu = await testGpu();
      const scope = gpu.buffers.scope('sumLoss');
      const loss = randomFloats(rows + 3, 1, 4).map((x) => x + 4); // three more than dims.rows
      const totals = [0, 1].map((i) => scope.upload(`total${i}`, Float32Array.of(2.5)));
      const input = scope.upload('loss', loss);
      await runOps(gpu, totals.map((total) => sumLoss(gpu, { rows: rowCount(scope, rows), loss: input, total })));
      const [[a], [b]] = await Promise.all(totals.map((total) => floats(gpu, total, 1)));
      expectClose([a], [sumLossRef(loss.slice(0, rows), 2.5)], { rtol: 1e-6 });
      expect(b).toBe(a);
      scope.free();
    });
  }

  it('leaves the total alone when there are no rows', async () => {
    const gpu = await testGpu();
    const scope = gpu.buffers.scope('sumLoss');
    const op = sumLoss(gpu, { rows: rowCount(scope, 0), loss: scope.alloc('loss', 16), total: scope.alloc('total', 4) });
    expect(typeof op.groups === 'function' && op.groups({ rows: 0, supervised: 0 })[0]).toBe(0);
    scope.free();
  });
});
