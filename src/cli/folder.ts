/** A folder on the disk as `Keep` wants its own: what of the web's file system it uses, by Node's. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SlotFile } from '../train/checkpoint';

function slotFile(path: string): SlotFile & { close(): void } {
  // Read and written, made where it is not there, and left as it is.
  const file = openSync(path, 'a+');
  closeSync(file);
  const handle = openSync(path, 'r+');
  return {
    getSize: () => fstatSync(handle).size,
    read: (into, { at }) => readSync(handle, into, 0, into.length, at),
    write: (from, { at }) => writeSync(handle, from, 0, from.length, at),
    truncate: (size) => ftruncateSync(handle, size),
    flush: () => fsyncSync(handle),
    close: () => closeSync(handle),
  };
}

/** @param path made where it is not there */
export function nodeFolder(path: string): FileSystemDirectoryHandle {
  mkdirSync(path, { recursive: true });
  const used = {
    getDirectoryHandle: async (name: string) => nodeFolder(join(path, name)),
    getFileHandle: async (name: string) => ({ createSyncAccessHandle: async () => slotFile(join(path, name)) }),
    removeEntry: async (name: string) => rmSync(join(path, name)),
    keys: async function* () {
      yield* readdirSync(path);
    },
  };
  return used as unknown as FileSystemDirectoryHandle;
}
