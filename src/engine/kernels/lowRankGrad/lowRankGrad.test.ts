import { expect, test } from 'vitest';
import { Rng } from '../../../shared/rng';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testGpu } from '../../testing/harness';
import { ARGS_BYTES, activeListBytes, argsOffset, compact } from '../compact/compact';
import { compactRef } from '../compact/compact.ref';
import { GRAD_CHUNK, lowRankGrad, lowRankGroups, lowRankPartialBytes } from './lowRankGrad';
import { lowRankGradRef } from './lowRankGrad.ref';

const shapes = [[57, 60, 4], [1, 4, 4], [130, 192, 8], [130, 132, 64], [257, 516, 12]] as const;
const cases = shapes.flatMap(([rows, width, rank]) => [false, true].flatMap((transposed) => [null, 0, 0.5, 1].map((share) => ({ rows, width, rank, transposed, share }))));

test.each(cases)('$rows rows, width $width, rank $rank, transposed $transposed, open share $share', async ({ rows, width, rank, transposed, share }) => {
  const gpu = await testGpu();
  const scope = gpu.buffers.scope('test');
  const rng = new Rng(3);
  const open = Uint32Array.from({ length: rows }, () => (rng.float() < (share ?? 1) ? 1 : 0));
  const wide = randomFloats(rows * width, 1);
  const narrow = randomFloats(rows * rank, 2);
  const before = randomFloats(width * rank, 4);
  const count = rowCount(scope, rows);
  const active = scope.alloc('active', activeListBytes(rows));
  const args = scope.alloc('args', ARGS_BYTES, GPUBufferUsage.INDIRECT);
  const partial = scope.upload('partial', new Float32Array(lowRankPartialBytes(rows, width, rank) / 4).fill(NaN));
  const grad = scope.upload('grad', before);
  const grouping = { rowsPerGroup: GRAD_CHUNK, colGroups: lowRankGroups(width, rank) };
  const list = compact(gpu, { rows: count, open: scope.upload('open', open), active, args, stat: scope.alloc('stat', 256), groups: { delta: grouping, dx: grouping, dB: grouping, dA: grouping } });
  const over = share === null ? count : { list: active, args: { indirect: args, offset: argsOffset(transposed ? 'dA' : 'dB') } };
  const ops = lowRankGrad({ wide: scope.upload('wide', wide), narrow: scope.upload('narrow', narrow), partial, grad, wideWidth: width, rank, scaling: 1.5, transposed, rows: over });
  await runOps(gpu, [list, ...ops], { rows, supervised: 0 });
  const expected = lowRankGradRef(wide, narrow, compactRef(open, rows).slice(1), width, rank, 1.5, transposed).map((g, i) => g + before[i]);
  const first = await floats(gpu, grad, width * rank);
  expectCloseToMax(first, expected, 1e-6);
  gpu.device.queue.writeBuffer(grad.buffer, 0, before);
  await runOps(gpu, [list, ...ops], { rows, supervised: 0 });
  expect(await floats(gpu, grad, width * rank)).toEqual(first);
  scope.free();
});
