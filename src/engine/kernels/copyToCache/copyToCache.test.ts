import { describe, expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched } from '../../testing/rows';
import { copyToCacheRef } from './copyToCache.ref';
import { copyToCache } from './copyToCache';

describe('copyToCache', () => {
  for (const [rows, width] of [
    [57, 12],
    [1, 4],
    [130, 96],
  ]) {
    it(`writes ${rows} rows of ${width} into their slots`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('copyToCache');
      const context = 70;
      // Row i goes to slot i % 3 at position i / 3, past a prompt of two.
      const meta = Uint32Array.from(
        { length: rows * 4 },
        (_, i) => [((i >> 2) % 3) * context, 2 + Math.floor((i >> 2) / 3), 0, 0][i % 4],
      );
      const x = randomFloats(rows * width, 1);
      const start = randomFloats(3 * context * width, 2);
      const cache = scope.upload('cache', start);
      await runOps(device, [
        copyToCache(device, {
          rows: overdispatched(scope, rows),
          meta: scope.upload('meta', meta),
          x: scope.upload('x', x),
          cache,
          width,
        }),
      ]);
      expect([...(await floats(device, cache, start.length))]).toEqual([...copyToCacheRef(meta, x, start, width)]);
      scope.free();
    });
  }
});
