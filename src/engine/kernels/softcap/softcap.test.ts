import { expect, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { softcap, softcapBackward } from './softcap';
import { softcapBackwardRef, softcapRef } from './softcap.ref';

it.each([
  [57, 12, 30, 100],
  [1, 4, 5, 1],
  [33, 68, 0.5, 1e30],
])('%i rows of %i held within ±%d', async (rows, width, cap, range) => {
  const device = await testDevice();
  const scope = device.buffers.scope('softcap');
  const x = randomFloats(rows * width, 1, range);
  const inPlace = scope.upload('x', Float32Array.of(...x, ...tailOf(3 * width)));
  const grad = randomFloats(rows * width, 2);
  const gradOut = scope.upload('gradOut', grad);
  const gradX = scope.upload('gradX', withTail(rows * width, 3 * width));
  const common = { rows: overdispatched(scope, rows), width, cap };
  await runOps(device, [
    softcap(device, { ...common, x: inPlace }),
    softcapBackward(device, { ...common, y: inPlace, gradOut, gradX }),
  ]);
  const got = await floats(device, inPlace, (rows + 3) * width);
  expectClose(got, [...softcapRef(x, cap), ...tailOf(3 * width)], { rtol: 1e-6, atol: 1e-7 * cap });
  const slopes = await floats(device, gradX, (rows + 3) * width);
  expectClose(slopes, [...softcapBackwardRef(x, cap, grad), ...tailOf(3 * width)], { rtol: 1e-6, atol: 5e-7 });
  scope.free();
});

it('keeps small numbers exact and what is no number', async () => {
  const device = await testDevice();
  const scope = device.buffers.scope('softcap');
  const x = Float32Array.of(1e-8, -1e-3, 0.2, NaN);
  const inPlace = scope.upload('x', x);
  await runOps(device, [softcap(device, { rows: overdispatched(scope, 1), x: inPlace, width: 4, cap: 1 })]);
  const got = await floats(device, inPlace, 4);
  expectClose(got.slice(0, 3), softcapRef(x.slice(0, 3), 1), { rtol: 3e-7 });
  expect(got[3]).toBeNaN();
  scope.free();
});
