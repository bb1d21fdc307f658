import { afterEach, expect, it, vi } from 'vitest';
import { ModelError } from '../shared/errors';
import { inMemory, openBlob } from './byteFile';

const bytes = Uint8Array.of(1, 2, 3, 4, 5);
afterEach(() => vi.unstubAllGlobals());

it('stretches of a file are read as they are asked for, and one that is gone says so', async () => {
  const whole = await openBlob(new Blob([bytes]), 'a');
  expect([whole.length, ...whole.read(1, 3)]).toEqual([5, 2, 3]);
  expect([...inMemory(bytes).read(3, 5)]).toEqual([4, 5]);

  const asked: number[] = [];
  let gone = false;
  class Reader {
    readAsArrayBuffer(blob: { from: number; to: number }) {
      if (gone) throw new DOMException('not found', 'NotFoundError');
      asked.push(blob.to - blob.from);
      return bytes.slice(blob.from, blob.to).buffer;
    }
  }
  vi.stubGlobal('FileReaderSync', Reader);
  const onDisk = { size: 5, slice: (from: number, to: number) => ({ from, to }) } as unknown as Blob;
  const file = await openBlob(onDisk, 'm.gguf');
  const stretch = file.read(2, 4);
  expect([file.length, ...stretch]).toEqual([5, 3, 4]);
  expect(asked, 'no more than was asked for').toEqual([2]);
  expect([...file.read(0, 1)]).toEqual([1]);
  // Node of before version 21 does not know how.
  if ('transfer' in ArrayBuffer.prototype) expect(stretch.length, 'is given back').toBe(0);
  gone = true;
  expect(() => file.read(0, 1)).toThrow(ModelError);
  expect(() => file.read(0, 1)).toThrow(/m\.gguf/);
});
