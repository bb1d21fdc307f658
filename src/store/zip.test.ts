import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { AdapterError } from '../shared/errors';
import { quickly } from '../shared/testing/quickly';
import { unzipAdapter, zipAdapter } from './zip';

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
