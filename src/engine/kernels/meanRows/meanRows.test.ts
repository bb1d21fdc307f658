import { describe, expect, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, rowMeta, tailOf, withTail } from '../../testing/rows';
import { meanRows, spreadRows } from './meanRows';
import { meanRowsBackwardRef, meanRowsRef } from './meanRows.ref';

describe('meanRows', () => {
  for (const [width, lengths, wanted] of [
    [12, [5, 1, 9], [0, 1, 2]],
    [4, [1], [0]],
    // A sequence without a target, and targets that lie in another order.
    [20, [3, 130, 2, 7], [3, 0, 1]],
  ] as const)
    it(`takes the means of ${wanted.length} of ${lengths.length} sequences of ${width}, and back`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('meanRows');
      const rows = lengths.reduce((sum, length) => sum + length, 0);
      const starts = lengths.reduce((all, length) => [...all, all.at(-1)! + length], [0]);
      const targetOfRow = new Uint32Array(rows).fill(0xffffffff);
      wanted.forEach((s, target) => (targetOfRow[starts[s]] = target));
      const [x, gradOut] = [randomFloats(rows * width, 1), randomFloats(wanted.length * width, 2)];
      const [out, gradX] = [wanted.length, rows].map((n, i) =>
        scope.upload(`out ${i}`, withTail(n * width, 3 * width)),
      );
      const common = {
        rows: overdispatched(scope, rows),
        meta: scope.upload('meta', rowMeta([...lengths])),
        targetOfRow: scope.upload('targets', targetOfRow),
        width,
      };
      await runOps(device, [
        meanRows({ ...common, x: scope.upload('x', x), out }),
        spreadRows({ ...common, gradOut: scope.upload('gradOut', gradOut), gradX }),
      ]);
      const means = await floats(device, out, (wanted.length + 3) * width);
      expectClose(means.subarray(0, wanted.length * width), meanRowsRef(x, starts, wanted, width), { atol: 1e-6 });
      expect([...means.subarray(wanted.length * width)]).toEqual([...tailOf(3 * width)]);
      expect([...(await floats(device, gradX, (rows + 3) * width))]).toEqual([
        ...Float32Array.from(meanRowsBackwardRef(gradOut, starts, wanted, width)),
        ...tailOf(3 * width),
      ]);
      scope.free();
    });
});
