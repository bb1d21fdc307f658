import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { AdapterError } from '../shared/errors';
import { quickly } from '../shared/testing/quickly';
import { readZip, unzipAdapter, zipAdapter } from './zip';

const bytes = (text: string) => new TextEncoder().encode(text);
const FILES = [
  { name: 'adapter_config.json', bytes: bytes('{"r":8}') },
  { name: 'adapter_model.safetensors', bytes: Uint8Array.from({ length: 5000 }, (_, i) => i % 251) },
  { name: 'load_gated.py', bytes: bytes('import torch') },
];

test('what is zipped comes back byte for byte', async () => {
  const back = await unzipAdapter(await zipAdapter(FILES));
  expect(back.map((f) => f.name).sort()).toEqual(FILES.map((f) => f.name).sort());
  for (const f of FILES) expect(back.find((b) => b.name === f.name)!.bytes).toEqual(f.bytes);
});

test('a deflated zip with a folder in front and a foreign file is read', async () => {
  const zip = zipSync(
    {
      'run/adapter_config.json': FILES[0].bytes,
      'run/adapter_model.safetensors': FILES[1].bytes,
      'run/notes.txt': bytes('hi'),
    },
    { level: 9 },
  );
  expect((await unzipAdapter(new Blob([zip as BlobPart]))).map((f) => f.name).sort()).toEqual([
    'adapter_config.json',
    'adapter_model.safetensors',
  ]);
});

test('not a zip, a missing file, the same file twice', async () => {
  await expect(unzipAdapter(new Blob(['hello there']))).rejects.toBeInstanceOf(AdapterError);
  await expect(unzipAdapter(await zipAdapter(FILES.slice(0, 1)))).rejects.toThrow(/adapter_model/);
  const twice = zipSync({
    'a/adapter_config.json': bytes('1'),
    'b/adapter_config.json': bytes('2'),
    'adapter_model.safetensors': bytes('x'),
  });
  await expect(unzipAdapter(new Blob([twice as BlobPart]))).rejects.toThrow(/twice/);
});

/** Changes the uncompressed size that the central directory states for the first entry. */
function restate(zip: Uint8Array, size: number): Uint8Array {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  for (let i = 0; i + 4 <= zip.length; i++) {
    if (view.getUint32(i, true) === 0x02014b50) {
      view.setUint32(i + 24, size, true);
      return zip;
    }
  }
  throw new Error('no central directory');
}

test('a stated size above the cap is refused before anything is unpacked', async () => {
  const zip = restate(
    zipSync({ 'adapter_config.json': bytes('{}'), 'adapter_model.safetensors': bytes('x') }),
    0x7fffffff,
  );
  await expect(unzipAdapter(new Blob([zip as BlobPart]))).rejects.toThrow(/at most/);
});

test('a stated size that is untrue is refused', async () => {
  const config = bytes('{"a":"' + 'b'.repeat(500) + '"}');
  for (const size of [100, 900]) {
    const zip = restate(zipSync({ 'adapter_config.json': config, 'adapter_model.safetensors': bytes('x') }), size);
    await expect(unzipAdapter(new Blob([zip as BlobPart]))).rejects.toBeInstanceOf(AdapterError);
  }
});

test('a file that is too large is refused unread, and files that together are too much', async () => {
  await expect(unzipAdapter({ size: (260 << 20) + 1 } as Blob)).rejects.toThrow(/at most 272629760/);
  const two = new Blob([zipSync({ a: bytes('123456'), b: bytes('123456') }) as BlobPart]);
  expect(await readZip(two, () => 6, 12)).toHaveLength(2);
  await expect(readZip(two, () => 6, 11)).rejects.toThrow('more than 11 bytes');
});

/** Fields of a zip's one entry, in its directory, and where they stand. */
const FIELDS = { method: 10, packed: 20, offset: 42 };
test.each<[string, Partial<Record<keyof typeof FIELDS | 'content' | 'count', number>>, RegExp]>([
  ['an entry elsewhere', { offset: 1 }, /a is not where the directory says/],
  ['an entry that is longer than the file', { packed: 1e6 }, /a is cut off/],
  ['a way of packing that nobody knows', { method: 99 }, /not known \(99\)/],
  ['content that does not unpack', { method: 8 }, /a does not unpack/],
  ['one byte of the content', { content: 1 }, /size and checksum/],
  ['less content than it says', { packed: 5 }, /size and checksum/],
  ['more entries than there are', { count: 2 }, /its directory is broken/],
  ['more entries than a zip may have', { count: 1001 }, /it has 1001 entries/],
])('damaged: %s', async (_, damage, words) => {
  const zip = zipSync({ a: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 7, 7) }, { level: 0 });
  const view = new DataView(zip.buffer);
  const directory = view.getUint32(zip.length - 6, true);
  for (const [field, value] of Object.entries(damage))
    if (field === 'content') zip[directory - 1] ^= value;
    else if (field === 'count') view.setUint16(zip.length - 12, value, true);
    else if (field === 'method') view.setUint16(directory + FIELDS.method, value, true);
    else view.setUint32(directory + FIELDS[field as keyof typeof FIELDS], value, true);
  const refusal = await readZip(new Blob([zip as BlobPart]), () => 100).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(AdapterError);
  expect((refusal as Error).message).toMatch(words);
});

test('of a large file no more is read than its directory names, and of that no more than a directory has', async () => {
  const zip = zipSync({ 'adapter_config.json': bytes('{}') });
  let read = 0;
  const counting = (blob: Blob): Blob =>
    Object.assign(blob, {
      slice: (from: number, to: number) => counting(Blob.prototype.slice.call(blob, from, to)),
      arrayBuffer: () => {
        read += blob.size;
        return Blob.prototype.arrayBuffer.call(blob);
      },
    });
  // Behind 64 MB of something else, so its directory is not where it says; or all of that is said to be the directory.
  const whole = zip.slice();
  new DataView(whole.buffer).setUint32(whole.length - 10, 64 << 20, true);
  new DataView(whole.buffer).setUint32(whole.length - 6, 0, true);
  for (const end of [zip, whole]) {
    read = 0;
    const large = counting(new Blob([new Uint8Array(64 << 20), end as BlobPart]));
    expect(await quickly(() => unzipAdapter(large).catch((error: unknown) => error))).toBeInstanceOf(AdapterError);
    expect(read).toBeLessThan(2 << 20);
  }
});
