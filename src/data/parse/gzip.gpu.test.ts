/**
 * In a browser, whose own gunzip refuses a second member and padding (Node's does not, so that its tests would not
 * tell).
 */
import { gzipSync, strToU8 } from 'fflate';
import { expect, it } from 'vitest';
import { parseFile } from './index';

const rows = (from: number) =>
  strToU8(Array.from({ length: 6 }, (_, i) => `{"prompt":"q${from + i}","completion":"a"}\n`).join(''));

it('reads gzip files of several members, and zeros behind the last', async () => {
  const [a, b] = [gzipSync(rows(0)), gzipSync(rows(6))];
  for (const parts of [
    [a, b],
    [gzipSync(rows(0)), new Uint8Array(512)],
    [a, b, new Uint8Array(3)],
  ]) {
    const { rows: found } = await parseFile('a.jsonl.gz', new Blob(parts as BlobPart[]));
    expect(found.length).toBe(parts[1] === b ? 12 : 6);
    expect(found.cells(0)).toEqual(['q0', 'a']);
  }
});
