import { expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf } from '../../testing/rows';
import { addVector } from './addVector';
import { addVectorRef } from './addVector.ref';

it.each([
  [57, 12, -1],
  [1, 4, 0.5],
  [130, 176, -1],
])('%i rows of %i, times %d', async (rows, width, factor) => {
  const device = await testDevice();
  const scope = device.buffers.scope('addVector');
  const [before, vector] = [randomFloats(rows * width, 1), randomFloats(width, 2)];
  const out = scope.upload('out', Float32Array.from([...before, ...tailOf(3 * width)]));
  await runOps(device, [
    addVector(device, { rows: overdispatched(scope, rows), vector: scope.upload('v', vector), out, width, factor }),
  ]);
  expect([...(await floats(device, out, (rows + 3) * width))]).toEqual([
    ...Float32Array.from(addVectorRef(before, vector, factor)),
    ...tailOf(3 * width),
  ]);
  scope.free();
});
