import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, onCpu, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { layerNorm, layerNormAgain, layerNormBackward } from './layerNorm';
import { layerNormBackwardRef, layerNormRef } from './layerNorm.ref';

const eps = 1e-5;

/** Numbers far from 0, as a residual stream has them: a variance from mean(x²) − mean² would be wrong. */
const inputOf = (rows: number, width: number) => randomFloats(rows * width, 1, 3).map((v) => v + 40);

describe('layerNorm', () => {
  for (const [rows, width] of [
    [57, 12],
    [1, 4],
    [130, 192],
    [3, 1028],
  ]) {
    it(`normalises ${rows} rows of ${width}, with and without a bias`, async () => {
      const device = await testDevice();
      const x = inputOf(rows, width);
      x.fill(5, 0, width); // a row of equal numbers lives on eps alone
      const [weight, bias] = [randomFloats(width, 2), randomFloats(width, 3)];
      for (const software of onCpu ? [true] : [true, false]) {
        for (const shift of [bias, undefined]) {
          const scope = device.buffers.scope('layerNorm');
          const [out, again] = ['out', 'again'].map((name) => scope.upload(name, withTail(rows * width, 3 * width)));
          const stats = scope.upload('stats', withTail(2 * rows, 6));
          const given = {
            rows: overdispatched(scope, rows),
            x: scope.upload('x', x),
            weight: scope.upload('weight', weight),
            bias: shift && scope.upload('bias', shift),
            stats,
            width,
          };
          await runOps(device, [
            layerNorm({ ...device, info: { ...device.info, software } }, { ...given, out, eps }),
            layerNormAgain({ ...given, out: again }),
          ]);
          const expected = layerNormRef(x, { weight, bias: shift, eps });
          const got = await floats(device, out, (rows + 3) * width);
          expect(await floats(device, again, got.length), 'again').toEqual(got);
          // A mean of 40 is off by 2 ulp at most, which is 8e-6 of a number's distance from it.
          expectCloseToMax(got, [...expected.out, ...tailOf(3 * width)], 8e-6, 'out');
          expectCloseToMax(await floats(device, stats, 2 * rows + 6), [...expected.stats, ...tailOf(6)], 1e-6, 'stats');
          scope.free();
        }
      }
    });

    it(`takes gradients back through ${rows} rows of ${width}`, async () => {
      const device = await testDevice();
      const x = inputOf(rows, width);
      const [weight, gradOut, before] = [
        randomFloats(width, 2),
        randomFloats(rows * width, 3),
        randomFloats(rows * width, 4),
      ];
      const gradient = layerNormBackwardRef(x, { weight, eps }, gradOut);
      const { stats } = layerNormRef(x, { weight, eps });
      for (const accumulate of [false, true]) {
        const scope = device.buffers.scope('layerNorm');
        const gradX = scope.upload(
          'gradX',
          Float32Array.of(...(accumulate ? before : withTail(rows * width, 0)), ...tailOf(3 * width)),
        );
        await runOps(device, [
          layerNormBackward(device, {
            rows: overdispatched(scope, rows),
            x: scope.upload('x', x),
            weight: scope.upload('weight', weight),
            stats: scope.upload('stats', Float32Array.from(stats)),
            gradOut: scope.upload('gradOut', gradOut),
            gradX,
            width,
            accumulate,
          }),
        ]);
        const expected = [...gradient.map((g, i) => g + (accumulate ? before[i] : 0)), ...tailOf(3 * width)];
        expectCloseToMax(await floats(device, gradX, (rows + 3) * width), expected, 3e-6, `accumulate ${accumulate}`);
        scope.free();
      }
    });
  }
});
