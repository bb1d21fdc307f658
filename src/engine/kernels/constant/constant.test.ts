/** The constant of skipped tokens against its definition in f64, and its gradient against differences of that. */
import { expect, test } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf } from '../../testing/rows';
import { addConstant, constantGradient } from './constant';
import { skippedLossRef, withConstantRef } from './constant.ref';

test.each([
  { rows: 57, width: 12, share: 0.5 },
  { rows: 1, width: 4, share: 0 },
  { rows: 131, width: 44, share: 0.2 },
  { rows: 33, width: 8, share: 1 },
])('$rows rows of $width, $share open', async ({ rows, width, share }) => {
  const device = await testDevice();
  const scope = device.buffers.scope('constant');
  const open = Uint32Array.from(randomFloats(rows, 1), (v) => Number((v + 1) / 2 < share));
  const [y, g, constant] = [randomFloats(rows * width, 2), randomFloats(rows * width, 3), randomFloats(width, 4)];
  const p = { y, g, constant, open };
  const tail = 3 * width;
  // Rows past the last are closed in `open`: only the rows' own number keeps them as they are.
  const skipped = {
    rows: overdispatched(scope, rows),
    open: scope.upload('open', Uint32Array.from([...open, 0, 0, 0])),
    width,
  };
  const out = scope.upload('y', Float32Array.from([...y, ...tailOf(tail)]));
  const grad = scope.upload('grad', randomFloats(width, 5));
  const before = await floats(device, grad, width);
  await runOps(device, [
    addConstant(device, { ...skipped, constant: scope.upload('b', constant), y: out }),
    constantGradient(device, {
      ...skipped,
      gradOut: scope.upload('g', Float32Array.from([...g, ...tailOf(tail)])),
      grad,
    }),
  ]);
  expect([...(await floats(device, out, rows * width + tail))]).toEqual([
    ...Float32Array.from(withConstantRef(p)),
    ...tailOf(tail),
  ]);
  const moved = Float64Array.from(constant);
  const slopes = Array.from(constant, (v, d) => {
    const at = (value: number) => {
      moved[d] = value;
      const loss = skippedLossRef({ ...p, constant: moved });
      moved[d] = v;
      return loss;
    };
    return at(v + 0.5) - at(v - 0.5);
  });
  const added = (await floats(device, grad, width)).map((v, d) => v - before[d]);
  expectCloseToMax(added, slopes, share === 1 ? 0 : 1e-5, 'db');
  if (share === 1)
    expect(
      [...added].every((v) => v === 0),
      'no row is skipped',
    ).toBe(true);
  scope.free();
});
