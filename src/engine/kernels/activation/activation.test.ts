import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../device/buffers';
import { expectClose } from '../../testing/allclose';
import { floats, randomFloats, runOps, testDevice } from '../../testing/harness';
import { overdispatched, tailOf, withTail } from '../../testing/rows';
import { activation, activationBackward, gatedActivation, gatedActivationBackward } from './activation';
import { activationBackwardRef, activationRef, gatedActivationBackwardRef, gatedActivationRef } from './activation.ref';

// atol is for the far ends, where f32 has run out: shares and slopes are of the order of 1.
const tolerance = { rtol: 2e-6, atol: 4e-7 };
const kinds = ['silu', 'gelu', 'geluTanh', 'relu'] as const;

describe.each(kinds)('%s', (kind) => {
  for (const [rows, width] of [
    [57, 12],
    [1, 4],
    [130, 176],
  ]) {
    it(`gates ${rows} rows of ${width}, and alone, and takes gradients back`, async () => {
      const device = await testDevice();
      const scope = device.buffers.scope('activation');
      const [gate, up, gradOut] = [
        randomFloats(rows * width, 1, 8),
        randomFloats(rows * width, 2),
        randomFloats(rows * width, 3),
      ];
      gate.set([-200, -95, 95, 0]); // beyond where exp leaves f32
      const common = { kind, rows: overdispatched(scope, rows), width };
      const [g, u, grad] = [scope.upload('gate', gate), scope.upload('up', up), scope.upload('gradOut', gradOut)];
      const made = Object.fromEntries(
        ['out', 'gradGate', 'gradUp', 'again', 'alone', 'gradX', 'aloneAgain'].map((n) => [
          n,
          scope.upload(n, withTail(rows * width, 3 * width)),
        ]),
      );
      const { out, gradGate, gradUp, again, alone, gradX, aloneAgain } = made;
      await runOps(device, [
        gatedActivation(device, { ...common, gate: g, up: u, out }),
        gatedActivationBackward(device, { ...common, gate: g, up: u, gradOut: grad, gradGate, gradUp, out: again }),
        activation(device, { ...common, x: g, out: alone }),
        activationBackward(device, { ...common, x: g, gradOut: grad, gradX, out: aloneAgain }),
      ]);
      const expected: Record<string, Float64Array> = {
        out: gatedActivationRef(kind, gate, up),
        ...gatedActivationBackwardRef(kind, { gate, up }, gradOut),
        alone: activationRef(kind, gate),
        gradX: activationBackwardRef(kind, gate, gradOut),
      };
      const read = async (tensor: Tensor) => floats(device, tensor, (rows + 3) * width);
      // What the backward makes again has the forward's bits.
      expect(await read(again)).toEqual(await read(out));
      expect(await read(aloneAgain)).toEqual(await read(alone));
      for (const [name, values] of Object.entries(expected)) {
        const got = await read(made[name]);
        expectClose(got, [...values, ...tailOf(3 * width)], tolerance, name);
      }
      scope.free();
    });
  }

  it('keeps what is no number', async () => {
    const device = await testDevice();
    const scope = device.buffers.scope('activation');
    const x = scope.upload('x', Float32Array.of(NaN, 1, 1, 1));
    const out = scope.alloc('out', 16);
    await runOps(device, [activation(device, { kind, rows: overdispatched(scope, 1), width: 4, x, out })]);
    expect((await floats(device, out, 4))[0]).toBeNaN();
    scope.free();
  });
});

// As exact as f32 is at 1: the distribution is fitted to 1e-8.
it.each(['gelu', 'geluTanh'] as const)('%s is exact everywhere', async (kind) => {
  const device = await testDevice();
  const scope = device.buffers.scope('activation');
  const x = Float32Array.from({ length: 4000 }, (_, i) => (i - 2000) / 200);
  const [at, ones] = [scope.upload('x', x), scope.upload('ones', new Float32Array(4000).fill(1))];
  const [out, gradX] = [scope.alloc('out', 16000), scope.alloc('gradX', 16000)];
  const common = { kind, rows: overdispatched(scope, 1), width: 4000, x: at };
  await runOps(device, [
    activation(device, { ...common, out }),
    activationBackward(device, { ...common, gradOut: ones, gradX, out }),
  ]);
  expectClose(await floats(device, out, 4000), activationRef(kind, x), { rtol: 3e-7, atol: 2e-7 }, 'values');
  const slopes = activationBackwardRef(kind, x, new Float32Array(4000).fill(1));
  expectClose(await floats(device, gradX, 4000), slopes, { rtol: 0, atol: 5e-7 }, 'slopes');
  scope.free();
});
