import { describe, expect, it } from 'vitest';
import type { Device } from '../../device/device';
import { testDevice } from '../../testing/harness';
import { check, testProducts } from '../../testing/matmul';
import { split } from './split';

// tile8, and vector for few rows: matmul.test.ts.
describe.each(['shared', 'splitK'] as const)('matmul, %s', (variant) => {
  testProducts(variant);
});

describe('a long product', () => {
  it('is split for a slow adapter, with the same result', async () => {
    const device = await testDevice();
    const { software } = device.info;
    device.info.software = true;
    try {
      const shape = { n: 192, k: 2048, transposed: true, rowNormSquared: true, variant: 'tile8' as const };
      const whole = await check({ rows: 300, ...shape });
      expect(whole.dispatches).toBe(1);
      // The rows at run time may be as many as it was split for, or fewer.
      for (const [max, atLeast] of [
        [300, 2],
        [2000, 8],
      ]) {
        const split = await check({ rows: 300, max, ...shape });
        expect(split.dispatches).toBeGreaterThanOrEqual(atLeast);
        expect(split.out).toEqual(whole.out);
      }
    } finally {
      device.info.software = software;
    }
  });

  it('is split by columns too, where one row of workgroups is too long', () => {
    const device = { info: { software: true } } as Device;
    const parts = split(device, 3e7, 2, 7);
    expect(parts.map((p) => [p.firstRows, p.rowGroups, p.firstColumns, p.columnGroups])).toEqual([
      [0, 1, 0, 3],
      [1, Infinity, 0, 3],
      [0, 1, 3, 3],
      [1, Infinity, 3, 3],
      [0, 1, 6, 1],
      [1, Infinity, 6, 1],
    ]);
  });
});
