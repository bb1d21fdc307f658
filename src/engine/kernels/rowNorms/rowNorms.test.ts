import { expect, it } from 'vitest';
import { dequantise } from '../../../shared/quantised';
import { Rng } from '../../../shared/rng';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { randomBlocks } from '../matmul/quantised';
import { uploadWeight } from '../matmul/weight';
import { rowNorms } from './rowNorms';
import { rowNormsRef } from './rowNorms.ref';

for (const type of ['f32', 'f16', 'q4/32/halves'] as const) {
  it.each([
    [57, 12],
    [1, 4],
    [130, 1000],
  ])(`%i rows of %i, ${type}`, async (rows, width) => {
    const device = await testDevice();
    const scope = device.buffers.scope('rowNorms');
    const k = type === 'q4/32/halves' ? 32 * Math.ceil(width / 32) : width;
    // Steps of 1/256 are f16 exactly.
    const values = randomFloats(rows * k, 1).map((v) => Math.round(v * 256) / 256);
    values.fill(0, 0, k);
    const rng = new Rng(1);
    const blocks = type === 'q4/32/halves' ? randomBlocks(type, (rows * k) / 32, () => rng.float()) : null;
    blocks?.scales.fill(0, 0, k / 32);
    blocks?.offsets?.fill(0, 0, k / 32);
    const w = blocks ? dequantise(blocks) : values;
    const weight = type === 'f32' ? { tensor: scope.upload('w', w), type } : uploadWeight(scope, 'w', blocks ?? w);
    const [rowNormSquared, norms] = ['squares', 'norms'].map((name) =>
      scope.upload(name, new Float32Array(rows + 2).fill(7)),
    );
    await runOps(device, [rowNorms(device, { w: weight, rowNormSquared, norms, rows, k })]);
    const expected = rowNormsRef(w, rows, k);
    expectClose(await floats(device, norms, rows + 2), [...expected, 7, 7], { rtol: 1e-6 }, 'norms');
    expectClose(
      await floats(device, rowNormSquared, rows + 2),
      [...expected.map((n) => n * n), 7, 7],
      { rtol: 2e-6 },
      'squares',
    );
    expect((await floats(device, norms, 1))[0]).toBe(0);
    scope.free();
  });
}
