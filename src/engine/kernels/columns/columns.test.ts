import { expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { joinColumns, splitColumns } from './columns';
import { columnsRef } from './columns.ref';

it.each([
  { rows: 57, width: 48, columns: { first: 16, groups: 1, width: 20, stride: 20 } },
  { rows: 1, width: 24, columns: { first: 8, groups: 2, width: 4, stride: 12 } },
  { rows: 131, width: 108, columns: { first: 0, groups: 3, width: 12, stride: 36 } },
])('%o: taken out, and put back', async ({ rows, width, columns }) => {
  const device = await testDevice();
  const scope = device.buffers.scope('columns');
  const places = columnsRef(columns);
  const n = places.length;
  const whole = randomFloats(rows * width, 1);
  const other = randomFloats(rows * n, 2);
  const common = { rows: overdispatched(scope, rows), width, columns };
  const part = scope.upload('part', withTail(rows * n, 3 * n));
  const target = scope.upload('target', Float32Array.from([...whole, ...tailOf(3 * width)]));
  await runOps(device, [
    splitColumns(device, { ...common, whole: scope.upload('whole', whole), part }),
    joinColumns(device, { ...common, whole: target, part: scope.upload('other', other) }),
  ]);
  const taken = Array.from({ length: rows }, (_, row) => places.map((place) => whole[row * width + place])).flat();
  expect([...(await floats(device, part, (rows + 3) * n))]).toEqual([...taken, ...tailOf(3 * n)]);
  const joined = Array.from(whole, (v, i) => {
    const c = places.indexOf(i % width);
    return c < 0 ? v : other[Math.floor(i / width) * n + c];
  });
  expect([...(await floats(device, target, (rows + 3) * width))]).toEqual([...joined, ...tailOf(3 * width)]);
  scope.free();
});
