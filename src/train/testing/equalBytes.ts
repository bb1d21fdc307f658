/**
 * For all tests. Two typed arrays of one kind with the same bytes are equal without a look at every number, which took
 * expect() seconds for a megabyte; where bytes differ it goes on and says where. Two ArrayBuffers are equal where their bytes
 * are: `toEqual` alone takes any two of them for equal.
 */
import { expect } from 'vitest';

function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;
}

expect.addEqualityTesters([
  (a: unknown, b: unknown) => {
    const [x, y] = [bytesOf(a), bytesOf(b)];
    if (!x || !y || (a as object).constructor !== (b as object).constructor) return undefined;
    const differ = a instanceof ArrayBuffer ? false : undefined;
    if (x.length !== y.length) return differ;
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return differ;
    return true;
  },
]);
