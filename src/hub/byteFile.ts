/**
 * A file whose stretches are read when they are asked for: a model's weights are on the device, and in the file, but
 * never as a whole in the memory of the tab.
 */
import { ModelError } from '../shared/errors';
import { giveBack } from '../shared/giveBack';
import { message } from '../shared/message';
import { megabytes } from './download';

export interface ByteFile {
  readonly length: number;
  /**
   * Bytes from … to − 1, good until others are read. @throws {ModelError} where the browser has not got them any more
   */
  read(from: number, to: number): Uint8Array;
}

export const inMemory = (bytes: Uint8Array): ByteFile => ({
  length: bytes.length,
  read: (from, to) => bytes.subarray(from, to),
});

/**
 * A file that lies on the disk, or wherever the browser has it. Only workers read such a one without waiting: elsewhere
 * all of it is read at once.
 * @param name what it is called in messages
 */
export async function openBlob(blob: Blob, name: string): Promise<ByteFile> {
  if (typeof FileReaderSync === 'undefined') return inMemory(new Uint8Array(await blob.arrayBuffer()));
  const reader = new FileReaderSync();
  // A worker that reads and reads without waiting collects no garbage: 580 MiB of stretches were seen.
  let last = new ArrayBuffer(0);
  return {
    length: blob.size,
    read(from, to) {
      try {
        giveBack([last]);
        last = reader.readAsArrayBuffer(blob.slice(from, to));
        return new Uint8Array(last);
      } catch (error) {
        const why = (error as Error).message;
        throw new ModelError(message('hub.fetch.brokeOff', { file: name, after: megabytes(from), why }));
      }
    },
  };
}
