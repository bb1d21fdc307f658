import { describe, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, runOps, testGpu } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { addRows } from './addRows';
import { addRowsRef } from './addRows.ref';

describe('addRows', () => {
  for (const [rows, width] of [[57, 12], [1, 4], [130, 192]]) {
    it(`adds ${rows} rows of ${width}`, async () => {
      const gpu = await testGpu();
      const scope = gpu.buffers.scope('addRows');
      const [a, b] = [randomFloats(rows * width, 1), randomFloats(rows * width, 2)];
      const out = scope.upload('out', withTail(rows * width, 3 * width));
      await runOps(gpu, [addRows(gpu, { rows: overdispatched(scope, rows), a: scope.upload('a', a), b: scope.upload('b', b), out, width })]);
      expectClose(await floats(gpu, out, (rows + 3) * width), [...addRowsRef(a, b), ...tailOf(3 * width)], { rtol: 1e-7 });
      scope.free();
    });
  }
});
