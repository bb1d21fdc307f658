import { describe, expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { NOWHERE, scatterRowsRef } from './scatterRows.ref';
import { scatterRows } from './scatterRows';

describe('scatterRows', () => {
  for (const [rows, width] of [
    [57, 12],
    [1, 4],
    [130, 64],
  ]) {
    it(`puts every third of ${rows} rows of ${width} back`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('scatterRows');
      const n = Math.ceil(rows / 3);
      const x = randomFloats(n * width, 1);
      const inverse = Uint32Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? n - 1 - i / 3 : NOWHERE));
      const out = scope.upload('out', withTail(rows * width, 3 * width));
      await runOps(device, [
        scatterRows(device, {
          rows: overdispatched(scope, rows),
          inverse: scope.upload('inverse', inverse),
          x: scope.upload('x', x),
          out,
          width,
        }),
      ]);
      expect([...(await floats(device, out, (rows + 3) * width))]).toEqual([
        ...scatterRowsRef(inverse, x, width),
        ...tailOf(3 * width),
      ]);
      scope.free();
    });
  }
});
