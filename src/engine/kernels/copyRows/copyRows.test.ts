import { expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { copyRows } from './copyRows';
import { addRowsRef } from './copyRows.ref';

it.each([
  [57, 12],
  [1, 4],
  [130, 176],
])('%i rows of %i, copied and added', async (rows, width) => {
  const device = await testDevice();
  const scope = device.buffers.scope('copyRows');
  const [x, before] = [randomFloats(rows * width, 1), randomFloats(rows * width, 2)];
  const [copy, sum] = [
    scope.upload('copy', withTail(rows * width, 3 * width)),
    scope.upload('sum', Float32Array.from([...before, ...tailOf(3 * width)])),
  ];
  const common = { rows: overdispatched(scope, rows), x: scope.upload('x', x), width };
  await runOps(device, [
    copyRows(device, { ...common, out: copy }),
    copyRows(device, { ...common, out: sum, add: true }),
  ]);
  expect([...(await floats(device, copy, (rows + 3) * width))]).toEqual([...x, ...tailOf(3 * width)]);
  expect([...(await floats(device, sum, (rows + 3) * width))]).toEqual([
    ...Float32Array.from(addRowsRef(x, before)),
    ...tailOf(3 * width),
  ]);
  scope.free();
});
