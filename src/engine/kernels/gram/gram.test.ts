import { expect, test } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { gram, gramStride, gramTable } from './gram';
import { gramRef } from './gram.ref';

test.each([
  [4, [4]],
  [8, [60, 192, 57, 1001]],
  [64, [132, 4]],
  [12, [516, 8]],
  [16, [57]],
])('BᵀB, rank %i, for modules of dOut %o', async (rank, widths) => {
  const device = await testDevice();
  const scope = device.buffers.scope('test');
  // Each module's B begins on a multiple of 256 bytes; what lies between belongs to nobody.
  const places: { offset: number; dOut: number }[] = [];
  let bytes = 256;
  for (const dOut of widths) {
    places.push({ offset: bytes, dOut });
    bytes += Math.ceil((4 * dOut * rank) / 256) * 256 + 256;
  }
  const params = randomFloats(bytes / 4, 7);
  const out = scope.alloc('gram', widths.length * gramStride(rank));
  const op = gram(device, {
    table: gramTable(scope, places),
    modules: widths.length,
    params: scope.upload('params', params),
    out,
    rank,
  });
  await runOps(device, [op]);
  const first = await floats(device, out, out.size / 4);
  places.forEach(({ offset, dOut }, m) => {
    const at = (m * gramStride(rank)) / 4;
    expectCloseToMax(
      first.slice(at, at + rank * rank),
      gramRef(params.subarray(offset / 4), dOut, rank),
      1e-6,
      `module ${m}`,
    );
  });
  await runOps(device, [op]);
  expect(await floats(device, out, out.size / 4)).toEqual(first);
  scope.free();
});
