import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../testing/allclose';
import { floats, onCpu, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { rmsNorm, rmsNormAgain, rmsNormBackward } from './rmsNorm';
import { rmsNormBackwardRef, rmsNormRef } from './rmsNorm.ref';

const eps = 1e-5;

describe('rmsNorm', () => {
  // A group has what a row of its own would have.
  for (const [count, width, groups = 1] of [
    [57, 12],
    [1, 4],
    [130, 192],
    [3, 2052],
    [19, 12, 3],
    [2, 68, 7],
  ]) {
    const rows = count * groups;
    it(`normalises ${count} rows of ${groups} × ${width}`, async () => {
      const device = await testDevice();
      const x = randomFloats(rows * width, 1, 3);
      x.fill(0, 0, width); // a row of zeros lives on eps alone
      const weight = randomFloats(width, 2);
      const expected = rmsNormRef(x, weight, eps);
      for (const software of onCpu ? [true] : [true, false]) {
        const scope = device.buffers.scope('rmsNorm');
        const out = scope.upload('out', withTail(rows * width, 3 * width));
        const rstd = scope.upload('rstd', withTail(rows, 3));
        const given = {
          rows: overdispatched(scope, count),
          x: scope.upload('x', x),
          weight: scope.upload('weight', weight),
          rstd,
          width,
          groups,
        };
        const again = scope.upload('again', withTail(rows * width, 3 * width));
        await runOps(device, [
          rmsNorm({ ...device, info: { ...device.info, software } }, { ...given, out, eps }),
          rmsNormAgain({ ...given, out: again }),
        ]);
        expect(await floats(device, again, (rows + 3) * width), 'again').toEqual(
          await floats(device, out, (rows + 3) * width),
        );
        expectCloseToMax(
          await floats(device, out, (rows + 3) * width),
          [...expected.out, ...tailOf(3 * width)],
          5e-7,
          'out',
        );
        expectCloseToMax(await floats(device, rstd, rows), expected.rstd, 5e-7, 'rstd');
        scope.free();
      }
    });

    it(`takes gradients back through ${count} rows of ${groups} × ${width}`, async () => {
      const device = await testDevice();
      const [x, weight, gradOut, before] = [
        randomFloats(rows * width, 1),
        randomFloats(width, 2),
        randomFloats(rows * width, 3),
        randomFloats(rows * width, 4),
      ];
      const gradient = rmsNormBackwardRef(x, weight, eps, gradOut);
      const { rstd } = rmsNormRef(x, weight, eps);
      for (const accumulate of [false, true]) {
        const scope = device.buffers.scope('rmsNorm');
        const gradX = scope.upload(
          'gradX',
          Float32Array.of(...(accumulate ? before : withTail(rows * width, 0)), ...tailOf(3 * width)),
        );
        await runOps(device, [
          rmsNormBackward(device, {
            rows: overdispatched(scope, count),
            x: scope.upload('x', x),
            weight: scope.upload('weight', weight),
            rstd: scope.upload('rstd', Float32Array.from(rstd)),
            gradOut: scope.upload('gradOut', gradOut),
            gradX,
            width,
            groups,
            accumulate,
          }),
        ]);
        const expected = [...gradient.map((g, i) => g + (accumulate ? before[i] : 0)), ...tailOf(3 * width)];
        expectCloseToMax(await floats(device, gradX, (rows + 3) * width), expected, 1e-6, `accumulate ${accumulate}`);
        scope.free();
      }
    });
  }
});
