import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf } from '../../testing/rows';
import { rope, ropeTable } from './rope';
import { ropeBackwardRef, ropeRef } from './rope.ref';

const [context, theta] = [4096, 10000];
const frequenciesOf = (rotary: number) =>
  Float64Array.from({ length: rotary / 2 }, (_, i) => theta ** ((-2 * i) / rotary));

describe('rope', () => {
  for (const [rows, heads, headDim, rotary = headDim] of [
    [57, 3, 16],
    [1, 2, 6],
    [130, 6, 32],
    [19, 3, 20, 6],
    [5, 2, 32, 16],
  ]) {
    it(`turns ${rotary} of ${rows} rows of ${heads} heads of ${headDim} there and back`, async () => {
      const device = await testDevice();
      const width = heads * headDim;
      const x = randomFloats(rows * width, 1);
      const positions = Uint32Array.from({ length: rows }, (_, i) => context - 1 - i * 31);
      const meta = Uint32Array.from({ length: rows * 4 }, (_, i) => (i % 4 === 1 ? positions[i >> 2] : 99));
      for (const inverse of [false, true]) {
        const scope = device.buffers.scope('rope');
        const inPlace = scope.upload('x', Float32Array.of(...x, ...tailOf(3 * width)));
        await runOps(device, [
          rope(device, {
            rows: overdispatched(scope, rows),
            meta: scope.upload('meta', meta),
            table: scope.upload('table', ropeTable(context, { rotary, theta })),
            x: inPlace,
            heads,
            headDim,
            rotary,
            inverse,
          }),
        ]);
        const expected = (inverse ? ropeBackwardRef : ropeRef)(x, positions, {
          headDim,
          rotary,
          frequencies: frequenciesOf(rotary),
        });
        expectCloseToMax(
          await floats(device, inPlace, (rows + 3) * width),
          [...expected, ...tailOf(3 * width)],
          2e-7,
          `inverse ${inverse}`,
        );
        scope.free();
      }
    });
  }

  it('refuses an odd head', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('rope');
    const t = scope.alloc('t', 16);
    expect(() =>
      rope(device, { rows: overdispatched(scope, 1), meta: t, table: t, x: t, heads: 1, headDim: 5, inverse: false }),
    ).toThrow(/even/);
    scope.free();
  });
});
