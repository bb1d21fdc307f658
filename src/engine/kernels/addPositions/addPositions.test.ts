import { expect, it } from 'vitest';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf } from '../../testing/rows';
import { uploadWeight } from '../matmul/weight';
import { addPositions } from './addPositions';
import { addPositionsRef } from './addPositions.ref';

it.each([
  ['f32', 0],
  ['f16', 2],
] as const)('adds positions of %s, %d rows into the table', async (type, offset) => {
  const device = await testDevice();
  const scope = device.buffers.scope('addPositions');
  const [rows, width, count] = [57, 20, 33];
  // Steps of 1/512 are f16 exactly; a third of them are not.
  const table = randomFloats(count * width, 1).map((x) => Math.round(512 * x) / (type === 'f16' ? 512 : 1536));
  const weight = uploadWeight(scope, 'table', table);
  expect(weight.type).toBe(type);
  const before = randomFloats(rows * width, 2);
  const positions = Uint32Array.from({ length: rows }, (_, i) => (i * i) % (count - offset));
  positions.set([count - offset, 2 ** 31], 7); // past the table
  const meta = Uint32Array.from({ length: 4 * rows }, (_, i) => (i % 4 === 1 ? positions[i >> 2] : 99));
  const out = scope.upload('out', Float32Array.of(...before, ...tailOf(3 * width)));
  await runOps(device, [
    addPositions(device, {
      rows: overdispatched(scope, rows),
      meta: scope.upload('meta', meta),
      table: weight,
      positions: count,
      offset,
      out,
      width,
    }),
  ]);
  const expected = Float32Array.from(addPositionsRef(before, positions, { table, offset, width }));
  expect([...(await floats(device, out, (rows + 3) * width))]).toEqual([...expected, ...tailOf(3 * width)]);
  scope.free();
});
