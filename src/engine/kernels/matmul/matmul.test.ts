import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, rowCount, runOps, testGpu } from '../../testing/harness';
import { matmul, matmulTile } from './matmul';
import { matmulRef } from './matmul.ref';

// n 4 and 20 take tiles of one vec4 of columns, 24 and 40 of two; from 32 on a software adapter takes 16 rows, and four where 16 divides n.
const shapes: [rows: number, n: number, k: number][] = [[57, 24, 12], [57, 20, 12], [95, 40, 8], [95, 36, 8], [17, 32, 4], [1, 4, 4], [130, 192, 192], [7, 8, 512], [33, 512, 8]];

describe('matmul', () => {
  for (const [rows, n, k] of shapes) {
    for (const transposed of [true, false]) {
      it(`${rows}×${n}×${k} ${transposed ? 'W is [n, k]' : 'W is [k, n]'}`, async () => {
        const gpu = await testGpu();
        const scope = gpu.buffers.scope('test');
        const a = randomFloats(rows * k, 1);
        const w = randomFloats(n * k, 2);
        const start = randomFloats(rows * n, 3);
        const dense = { n, k, transposed, accumulate: true, scale: 0.5 };
        const out = scope.upload('out', start);
        await runOps(gpu, [matmul(gpu, { label: 'test', rows: rowCount(scope, rows), a: scope.upload('a', a), w: scope.upload('w', w), out, ...dense })]);
        const expected = Float64Array.from(start);
        matmulRef(expected, a, w, [...Array(rows).keys()], dense);
        // f32 sums of k products: about k · 2⁻²⁴ of the largest
        expectCloseToMax(await floats(gpu, out, rows * n), expected, 3e-6);
        scope.free();
      });
    }
  }

  it('active rows: only the listed rows are read and written', async () => {
    const gpu = await testGpu();
    const scope = gpu.buffers.scope('test');
    const [rows, n, k] = [101, 40, 8];
    const index = [...Array(rows).keys()].filter((i) => i % 3 !== 1);
    const a = randomFloats(rows * k, 1);
    const w = randomFloats(n * k, 2);
    const start = randomFloats(rows * n, 3);
    const { rowsPerGroup, columnGroups } = matmulTile(gpu, n, true);
    const args = scope.upload('args', Uint32Array.of(9, 9, 9, 9, Math.ceil(index.length / rowsPerGroup), columnGroups, 1), GPUBufferUsage.INDIRECT);
    const list = scope.upload('list', Uint32Array.of(index.length, ...index));
    const out = scope.upload('out', start);
    const how = { n, k, transposed: true, accumulate: true, scale: 2 };
    await runOps(gpu, [matmul(gpu, { label: 'test', rows: { list, args: { indirect: args, offset: 16 } }, a: scope.upload('a', a), w: scope.upload('w', w), out, ...how })]);
    const expected = Float64Array.from(start);
    matmulRef(expected, a, w, index, how);
    expectCloseToMax(await floats(gpu, out, rows * n), expected, 3e-6);
    scope.free();
    expect(gpu.buffers.live().buffers).toBe(0);
  });
});
