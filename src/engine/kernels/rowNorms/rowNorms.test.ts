import { expect, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { halfBits } from '../matmul/weight';
import { rowNorms } from './rowNorms';
import { rowNormsRef } from './rowNorms.ref';

for (const type of ['f32', 'f16'] as const) {
  it.each([
    [57, 12],
    [1, 4],
    [130, 1000],
  ])(`%i rows of %i, ${type}`, async (rows, k) => {
    const device = await testDevice();
    const scope = device.buffers.scope('rowNorms');
    // Steps of 1/256 are f16 exactly.
    const w = randomFloats(rows * k, 1).map((v) => Math.round(v * 256) / 256);
    w.fill(0, 0, k);
    const tensor = type === 'f16' ? scope.upload('w', halfBits(w)!) : scope.upload('w', w);
    const [rowNormSquared, norms] = ['squares', 'norms'].map((name) =>
      scope.upload(name, new Float32Array(rows + 2).fill(7)),
    );
    await runOps(device, [rowNorms(device, { w: { tensor, type }, rowNormSquared, norms, rows, k })]);
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
