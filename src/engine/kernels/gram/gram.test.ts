import { expect, test } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, runOps, testGpu } from '../../testing/harness';
import { gram } from './gram';
import { gramRef } from './gram.ref';

test.each([[4, 4], [60, 8], [132, 64], [516, 12]])('BᵀB for dOut %i, rank %i', async (dOut, rank) => {
  const gpu = await testGpu();
  const scope = gpu.buffers.scope('test');
  const b = randomFloats(dOut * rank, 7);
  const out = scope.alloc('gram', rank * rank * 4);
  const op = gram(gpu, { b: scope.upload('b', b), out, dOut, rank });
  await runOps(gpu, [op]);
  const first = await floats(gpu, out, rank * rank);
  expectCloseToMax(first, gramRef(b, dOut, rank), 1e-6);
  await runOps(gpu, [op]);
  expect(await floats(gpu, out, rank * rank)).toEqual(first);
  scope.free();
});
