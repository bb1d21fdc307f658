import { expect, test } from 'vitest';
import { giveBack } from './giveBack';

test('buffers are empty at once, again and again', async () => {
  for (const sizes of [[1 << 20], [0, 5, 12], []]) {
    const buffers = sizes.map((size) => new ArrayBuffer(size));
    giveBack(buffers);
    expect(buffers.every(({ byteLength }) => byteLength === 0)).toBe(true);
    // The other end has been told that it is closed.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
