/**
 * For all tests. Two typed arrays of one kind with the same bytes are equal without a look at every number, which took
 * expect() seconds for a megabyte; where bytes differ it goes on and says where. Two ArrayBuffers are equal where their
 * bytes are: `toEqual` alone takes any two of them for equal.
 */
import { expect } from 'vitest';

function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;
}

/** Node compares megabytes in one call. */
const same = (x: Uint8Array, y: Uint8Array): boolean =>
  typeof Buffer === 'undefined'
    ? x.length === y.length && x.every((byte, i) => byte === y[i])
    : Buffer.compare(x, y) === 0;

expect.addEqualityTesters([
  (a: unknown, b: unknown) => {
    const [x, y] = [bytesOf(a), bytesOf(b)];
    if (!x || !y || (a as object).constructor !== (b as object).constructor) return undefined;
    const differ = a instanceof ArrayBuffer ? false : undefined;
    return same(x, y) ? true : differ;
  },
]);
