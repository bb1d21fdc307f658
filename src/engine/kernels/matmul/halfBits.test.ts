import { expect, it } from 'vitest';
import { halfBits } from './halfBits';

/** f16 bits as a number, by the definition. */
const value = (h: number) => {
  const [sign, exponent, fraction] = [h & 0x8000 ? -1 : 1, (h >> 10) & 31, h & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};

it('every finite f16 comes back as it was', () => {
  const all = Array.from({ length: 0x10000 }, (_, h) => h).filter((h) => ((h >> 10) & 31) !== 31);
  expect([...halfBits(Float32Array.from(all, value))!]).toEqual(all);
});

it('refuses what f16 cannot hold', () => {
  for (const x of [1 + 2 ** -11, 65536, Infinity, NaN, -(2 ** -14) * (1 + 2 ** -12)])
    expect(halfBits(Float32Array.of(0, x)), String(x)).toBeNull();
});

it('rounds tiny values by at most 2⁻²⁵', () => {
  const tiny = Float32Array.from({ length: 1001 }, (_, i) => (i - 500) * 1.2e-7);
  const half = halfBits(tiny)!;
  tiny.forEach((x, i) => expect(Math.abs(value(half[i]) - x)).toBeLessThanOrEqual(2 ** -25));
});
