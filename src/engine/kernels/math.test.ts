import { describe, expect, it } from 'vitest';
import { single } from './mathTest.as.ts?wasm';

const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
const { instance } = await WebAssembly.instantiate(single, { env: { memory } });
const functions = instance.exports as Record<'exp' | 'log', (at: number, count: number) => number>;

/** A function's values at `x`. */
function valuesOf(name: keyof typeof functions, x: ArrayLike<number>): Float32Array {
  const count = Math.ceil(x.length / 16) * 16;
  const at = new Float32Array(memory.buffer, 65536, count);
  at.fill(1).set(x);
  functions[name](65536, count);
  return at.slice(0, x.length);
}

/** Largest distance from `exact` in units of the last place of an f32. */
function worstUlps(x: Float32Array, got: Float32Array, exact: (x: number) => number): number {
  let worst = 0;
  x.forEach((of, i) => {
    const y = exact(of);
    const ulp = 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(y) || 1)) - 23);
    worst = Math.max(worst, Math.abs(got[i] - y) / ulp);
  });
  return worst;
}

const spread = (from: number, to: number) =>
  Float32Array.from({ length: 100_000 }, (_, i) => from + ((to - from) * i) / 100_000);

describe('exp', () => {
  it('is off by at most 1.2 ulp', () => {
    for (const x of [spread(-87, 88), spread(-1, 1), spread(-1e-6, 1e-6)]) {
      expect(worstUlps(x, valuesOf('exp', x), Math.exp)).toBeLessThanOrEqual(1.2);
    }
  });

  it('is 0 far below, 1 at 0 and keeps NaN', () => {
    expect([...valuesOf('exp', [-Infinity, -1e30, -88, 0])]).toEqual([0, 0, 0, 1]);
    expect([...valuesOf('exp', new Float32Array(Uint32Array.of(0x7fc00000, 0x7fffffff, 0xffffffff).buffer))]).toEqual([
      NaN,
      NaN,
      NaN,
    ]);
  });

  it('gives the sum', () => {
    new Float32Array(memory.buffer, 65536, 64).set(Float32Array.from({ length: 64 }, (_, i) => Math.log(i + 1)));
    expect(functions.exp(65536, 64)).toBeCloseTo((64 * 65) / 2, 2);
  });
});

describe('log', () => {
  it('is off by half an ulp', () => {
    for (const x of [spread(0.5, 2), spread(1, 60_000), Float32Array.from({ length: 252 }, (_, i) => 2 ** (i - 126))]) {
      expect(worstUlps(x, valuesOf('log', x), Math.log)).toBeLessThanOrEqual(0.501);
    }
  });

  it('is 0 at 1 and keeps what is no finite number', () => {
    expect([...valuesOf('log', [1, Infinity, NaN, 1])]).toEqual([0, Infinity, NaN, 0]);
  });
});
