import { describe, expect, it } from 'vitest';
import { randomFloats, runOps, testDevice, uints } from '../../testing/harness';
import { findNonFinite } from './findNonFinite';
import { findNonFiniteRef } from './findNonFinite.ref';

async function find(x: Float32Array<ArrayBuffer>, length = x.length, start = 0xffffffff): Promise<number> {
  const device = await testDevice();
  const scope = device.buffers.scope('findNonFinite');
  const flag = scope.upload('flag', Uint32Array.of(start));
  await runOps(device, [findNonFinite(device, { x: scope.upload('x', x), length, flag })]);
  const [index] = await uints(device, flag, 1);
  scope.free();
  return index;
}

describe('findNonFinite', () => {
  for (const length of [1, 57, 5001]) {
    it(`finds the first of several in ${length}`, async () => {
      const x = randomFloats(length, 1, 3e38);
      x[0] = 1e-42; // denormal: finite
      expect(await find(x)).toBe(0xffffffff);
      for (const bad of [NaN, Infinity, -Infinity]) {
        const y = x.slice();
        y[length - 1] = bad;
        y[Math.floor(length / 2)] = bad;
        expect(await find(y)).toBe(findNonFiniteRef(y));
      }
    });
  }

  it('keeps an earlier find and looks no further than length', async () => {
    const x = Float32Array.of(1, 2, NaN, NaN);
    expect(await find(x, 4, 1)).toBe(1);
    expect(await find(x, 2)).toBe(0xffffffff);
  });
});
