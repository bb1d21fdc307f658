import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { rowCount, runOps, testGpu, uints } from '../../testing/harness';
import { readStatSlots, slotOf } from '../gate/slots';
import { readTensor } from '../../gpu/readback';
import { ARGS_BYTES, activeListBytes, argsOffset, compact } from './compact';
import { compactRef } from './compact.ref';

const groups = { delta: { rowsPerGroup: 8, colGroups: 3 }, dx: { rowsPerGroup: 4, colGroups: 5 }, dB: { rowsPerGroup: 32, colGroups: 7 }, dA: { rowsPerGroup: 32, colGroups: 9 } };

test.each([[57, 0.5], [1, 1], [1, 0], [130, 0.3], [130, 0], [130, 1], [8192, 0.7], [2049, 0.01]])('%i rows, %f of them open', async (rows, share) => {
  const gpu = await testGpu();
  const scope = gpu.buffers.scope('test');
  const rng = new Rng(5);
  // The buffer is longer than this pass: what an earlier one left behind must not count.
  const open = Uint32Array.from({ length: rows + 100 }, (_, i) => (i >= rows || rng.float() < share ? 1 : 0));
  const active = scope.alloc('active', activeListBytes(rows));
  const args = scope.alloc('args', ARGS_BYTES, GPUBufferUsage.INDIRECT);
  const stats = scope.alloc('stats', 512);
  const op = compact(gpu, { rows: rowCount(scope, rows), open: scope.upload('open', open), active, args, stat: slotOf(stats, 1), groups });
  await runOps(gpu, [op, op], { rows, supervised: 0 });
  const expected = compactRef(open, rows);
  const count = expected[0];
  expect([...(await uints(gpu, active, 1 + count))]).toEqual(expected);
  const up = (n: number) => Math.ceil(count / n);
  expect([...(await uints(gpu, args, 16))]).toEqual([up(8), 3, 1, 0, up(4), 5, 1, 0, up(32), 7, 1, 0, up(32), 9, 1, 0]);
  expect(argsOffset('dA')).toBe(48);
  // Two micro-batches add up.
  expect(readStatSlots(await readTensor(gpu, stats))).toEqual([
    { tokens: 0, active: 0, muKept: 0, muSkipped: 0, disagreeMu: 0, forwardRows: 0, dxRows: 0, backwardRows: 0 },
    { tokens: 2 * rows, active: 2 * count, muKept: 0, muSkipped: 0, disagreeMu: 0, forwardRows: 16 * up(8), dxRows: 8 * up(4), backwardRows: 64 * up(32) },
  ]);
  scope.free();
});
