import { expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { copyRows } from './copyRows';
import { addRowsRef } from './copyRows.ref';

it.each([
  [57, 12],
  [1, 4],
  [130, 176],
])('%i rows of %i, copied and added, once and half', async (rows, width) => {
  const device = await testDevice();
  const scope = device.buffers.scope('copyRows');
  const [x, before] = [randomFloats(rows * width, 1), randomFloats(rows * width, 2)];
  const started = (added: boolean) =>
    added ? Float32Array.from([...before, ...tailOf(3 * width)]) : withTail(rows * width, 3 * width);
  const common = { rows: overdispatched(scope, rows), x: scope.upload('x', x), width };
  const cases = [
    {},
    { add: true },
    // A power of two, so that a product that is rounded beforehand is the same.
    { factor: 0.5 },
    { add: true, factor: 0.5 },
  ].map((how) => ({ how, out: scope.upload('out', started('add' in how)) }));
  await runOps(
    device,
    cases.map(({ how, out }) => copyRows(device, { ...common, ...how, out })),
  );
  for (const { how, out } of cases) {
    const expected = addRowsRef(
      x,
      'add' in how ? before : new Float32Array(x.length),
      'factor' in how ? how.factor : 1,
    );
    expect([...(await floats(device, out, (rows + 3) * width))], JSON.stringify(how)).toEqual([
      ...Float32Array.from(expected),
      ...tailOf(3 * width),
    ]);
  }
  scope.free();
});
