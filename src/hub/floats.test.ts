import { expect, it } from 'vitest';
import { bf16ToF32, bytesAs, f16ToF32 } from './floats';

const f16 = (values: number[]) => [...f16ToF32(bytesAs('F16', Float32Array.from(values)))];
const bf16 = (values: number[]) => [...bf16ToF32(bytesAs('BF16', Float32Array.from(values)))];

it('every f16 comes back as it was, and what lies between two goes to the nearer, ties to the even one', () => {
  const all = Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits);
  const values = f16ToF32(new Uint8Array(all.buffer));
  expect(f16([...values])).toEqual([...values]);
  const middles = values.slice(1).map((v, i) => (v + values[i]) / 2);
  const even = [...middles].map((_, i) => values[i + (i % 2)]);
  expect(f16([...middles])).toEqual(even);
  const [below, above] = [0.999, 1.001].map((by) => [...middles].map((m, i) => values[i] + (m - values[i]) * by));
  expect(f16(below)).toEqual([...values.subarray(0, -1)]);
  expect(f16(above)).toEqual([...values.subarray(1)]);
  expect(f16([-1.5, -0, 65519, 65520, -1e9, Number.NaN, 1e-9])).toEqual([
    -1.5,
    -0,
    65504,
    Infinity,
    -Infinity,
    Number.NaN,
    0,
  ]);
});

it('bf16 is the nearest, ties to the even one', () => {
  const step = 2 ** -7;
  expect(bf16([1, 1 + step / 2, 1 + 1.5 * step, 1 + 0.6 * step, -5.1, Number.NaN])).toEqual([
    1,
    1,
    1 + 2 * step,
    1 + step,
    -5.09375,
    Number.NaN,
  ]);
});
