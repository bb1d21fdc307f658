/**
 * For all tests: two typed arrays of one kind with the same bytes are equal without a look at every number, which took
 * expect() seconds for a megabyte. Where bytes differ it goes on and says where.
 */
import { expect } from 'vitest';

function bytesOf(value: unknown): Uint8Array | null {
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;
}

expect.addEqualityTesters([
  (a: unknown, b: unknown) => {
    const [x, y] = [bytesOf(a), bytesOf(b)];
    if (!x || !y || x.length !== y.length || (a as object).constructor !== (b as object).constructor) return undefined;
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return undefined;
    return true;
  },
]);
