import { describe, expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { spread } from '../launch';
import { gatherRows } from './gatherRows';
import { gatherRowsRef } from './gatherRows.ref';

describe('gatherRows', () => {
  for (const [rows, width, n] of [
    [57, 12, 90],
    [1, 4, 1],
    [130, 192, 7],
  ]) {
    it(`copies ${rows} of ${n} rows of ${width}`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('gatherRows');
      const x = randomFloats(n * width, 1);
      const index = Uint32Array.from({ length: rows }, (_, i) => (i * 37 + 5) % n);
      const out = scope.upload('out', withTail(rows * width, 3 * width));
      await runOps(device, [
        gatherRows(device, {
          rows: overdispatched(scope, rows),
          index: scope.upload('index', index),
          x: scope.upload('x', x),
          out,
          width,
        }),
      ]);
      expect([...(await floats(device, out, (rows + 3) * width))]).toEqual([
        ...gatherRowsRef(index, x, width),
        ...tailOf(3 * width),
      ]);
      scope.free();
    });
  }

  it('spreads more workgroups than one dimension takes over two', () => {
    expect(spread(65535)).toEqual([65535, 1, 1]);
    const [x, y, z] = spread(200_001);
    expect([x <= 65535, x * y >= 200_001, x * y < 200_001 + y, z]).toEqual([true, true, true, 1]);
  });

  it('copies past 65535 workgroups', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('gatherRows');
    const [rows, width] = [66_001, 256];
    const x = randomFloats(5 * width, 2);
    const index = Uint32Array.from({ length: rows }, (_, i) => i % 5);
    const out = scope.alloc('out', rows * width * 4);
    await runOps(device, [
      gatherRows(device, {
        rows: overdispatched(scope, rows, 0),
        index: scope.upload('index', index),
        x: scope.upload('x', x),
        out,
        width,
      }),
    ]);
    const got = await floats(device, out, rows * width);
    let wrong = 0;
    for (let row = 0; row < rows; row++)
      for (let d = 0; d < width; d += 51) if (got[row * width + d] !== x[(row % 5) * width + d]) wrong++;
    expect(wrong).toBe(0);
    scope.free();
  });
});
