import { expect, it } from 'vitest';
import { floats, randomFloats, rowCount, runOps, testGpu } from '../../testing/harness';
import { gatherRowsRef } from '../gatherRows/gatherRows.ref';
import { embed } from './embed';

it('embed looks tokens up', async () => {
  const gpu = await testGpu();
  const scope = gpu.buffers.scope('embed');
  const [rows, width, vocab] = [57, 20, 33];
  const table = randomFloats(vocab * width, 1);
  const ids = Int32Array.from({ length: rows }, (_, i) => (i * i) % vocab);
  const out = scope.alloc('out', rows * width * 4);
  const op = embed(gpu, { rows: rowCount(scope, rows), ids: scope.upload('ids', ids), table: scope.upload('table', table), out, width });
  expect(op.kernel.label).toBe('embed');
  await runOps(gpu, [op]);
  expect([...await floats(gpu, out, rows * width)]).toEqual([...gatherRowsRef(ids, table, width)]);
  scope.free();
});
