import { describe, it } from 'vitest';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { swiglu, swigluBackward } from './swiglu';
import { swigluBackwardRef, swigluRef } from './swiglu.ref';

// atol is for the far ends of the logistic function, where f32 has run out.
const tolerance = { rtol: 2e-6, atol: 2e-7 };

describe('swiglu', () => {
  for (const [rows, width] of [
    [57, 12],
    [1, 4],
    [130, 176],
  ]) {
    it(`gates ${rows} rows of ${width} and takes gradients back`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('swiglu');
      const [gate, up, gradOut] = [
        randomFloats(rows * width, 1, 8),
        randomFloats(rows * width, 2),
        randomFloats(rows * width, 3),
      ];
      gate.set([-200, -95, 95, 0]); // beyond where exp leaves f32
      const count = overdispatched(scope, rows);
      const [g, u] = [scope.upload('gate', gate), scope.upload('up', up)];
      const [out, gradGate, gradUp] = ['out', 'gradGate', 'gradUp'].map((n) =>
        scope.upload(n, withTail(rows * width, 3 * width)),
      );
      await runOps(device, [
        swiglu(device, { rows: count, gate: g, up: u, out, width }),
        swigluBackward(device, {
          rows: count,
          gate: g,
          up: u,
          gradOut: scope.upload('gradOut', gradOut),
          gradGate,
          gradUp,
          width,
        }),
      ]);
      const expected = swigluBackwardRef(gate, up, gradOut);
      const n = (rows + 3) * width;
      expectClose(await floats(device, out, n), [...swigluRef(gate, up), ...tailOf(3 * width)], tolerance, 'out');
      expectClose(
        await floats(device, gradGate, n),
        [...expected.gradGate, ...tailOf(3 * width)],
        tolerance,
        'gradGate',
      );
      expectClose(await floats(device, gradUp, n), [...expected.gradUp, ...tailOf(3 * width)], tolerance, 'gradUp');
      scope.free();
    });
  }
});
