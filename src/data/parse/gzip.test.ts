import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GzipDamage, gunzipMembers } from './gzip';

const cut = async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
};
const unpacked = async (bytes: Uint8Array, size = 1 << 20) => {
  const out: Uint8Array[] = [];
  for await (const piece of gunzipMembers(cut(bytes, size))) out.push(piece);
  return Buffer.concat(out);
};
const joined = (...parts: (Uint8Array | Buffer)[]) => new Uint8Array(Buffer.concat(parts));

// Node's own gunzip reads several members, so that only this reader's is tried here; a browser is in gzip.gpu.test.ts.
describe('gzip by members', () => {
  it('reads any number of them, however they are cut, with padding behind the last', async () => {
    const member = fc.uint8Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 90 }),
        fc.nat(2000),
        async (members, size, zeros) => {
          const packed = joined(...members.map((m) => gzipSync(m)), new Uint8Array(zeros));
          expect(await unpacked(packed, size)).toEqual(Buffer.concat(members));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses a wrong checksum in any member, a cut, and other bytes behind', async () => {
    const [a, b] = [gzipSync('first member '.repeat(50)), gzipSync('second member '.repeat(50))];
    for (const at of [a.length - 6, a.length + b.length - 6]) {
      const wrong = joined(a, b);
      wrong[at] ^= 1;
      await expect(unpacked(wrong)).rejects.toBeInstanceOf(GzipDamage);
    }
    await expect(unpacked(joined(a, b.subarray(0, -12)))).rejects.toBeInstanceOf(GzipDamage);
    for (const behind of [[Buffer.from('more')], [new Uint8Array(3), Buffer.from('x'.repeat(9))]])
      await expect(unpacked(joined(a, ...behind))).rejects.toThrow(/bytes follow its content/);
    await expect(unpacked(joined(a, new Uint8Array(700), Buffer.from('x')))).rejects.toBeInstanceOf(GzipDamage);
  });
});
