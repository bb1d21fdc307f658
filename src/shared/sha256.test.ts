import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Rng } from './rng';
import { Sha256 } from './sha256';

test('the hash is Node’s, whatever the pieces', () => {
  const rng = new Rng(5);
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 100_003]) {
    const bytes = Uint8Array.from({ length }, () => Math.floor(rng.uniform(0, 256)));
    const hash = new Sha256();
    for (let at = 0; at < length; ) {
      const next = at + 1 + Math.floor(rng.uniform(0, 200));
      hash.add(bytes.subarray(at, next));
      at = next;
    }
    expect(hash.hex(), `${length} bytes`).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});
