import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { DataError } from '../../../shared/errors';
import { unpackPage } from './unpack';

it('reads brotli when it is loaded anew, beside the library that was not', async () => {
  const file = new Blob([readFileSync('src/data/testing/files/pairs-brotli.parquet')]);
  for (let i = 0; i < 2; i++) {
    vi.resetModules();
    const { parseFile } = await import('../index');
    expect((await parseFile('a.parquet', file)).rows).toHaveLength(300);
  }
});

/**
 * A frame of one compressed block with a Huffman tree, whose weights' table begins with the bits of `table`, lowest
 * first.
 */
function zstdFrame(table: string): Uint8Array {
  const bits = `0000${table}`.padEnd(24, '0');
  const packed = [0, 8, 16].map((at) => [...bits].slice(at, at + 8).reduce((byte, bit, i) => byte | (+bit << i), 0));
  // Literals with a tree: 4 of them in 8 bytes. The tree: 5 bytes, of which the last must not be 0.
  const block = [2 | (4 << 4), (8 << 6) & 255, (8 << 6) >> 8, 5, ...packed, 0x55, 0x81, 0, 0, 0];
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 4, 1 | (2 << 1) | (block.length << 3), 0, 0, ...block]);
}

it.each([
  ['the first weight', '111111'],
  ['the weight after none and one skipped', '1000010111111'],
  ['the weight after none and four skipped', '100001110111111'],
])('zstd: a table of weights that %s has to itself is refused: it reads no bits, and never ends', (_, table) => {
  expect(() => unpackPage('ZSTD', zstdFrame(table), 4)).toThrow(DataError);
});
