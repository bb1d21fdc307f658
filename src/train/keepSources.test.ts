import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { MAX_SOURCES, hashOf, keepSources, openSources, sweepSources } from './keepSources';

/** A folder of the private file system, in memory; at most `room` bytes. */
class MemoryFolder {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Sizes that files pretend to have. */
  readonly pretended = new Map<string, number>();
  room = Infinity;

  async getFileHandle(name: string, { create = false } = {}) {
    if (!this.files.has(name) && !create) throw new DOMException('not here', 'NotFoundError');
    if (create && !this.files.has(name)) this.files.set(name, new Uint8Array(0));
    return { createSyncAccessHandle: async () => this.#handle(name), getFile: async () => this.#file(name) };
  }

  #file(name: string): Blob {
    const file = new Blob([this.files.get(name)!]);
    const size = this.pretended.get(name);
    return size === undefined ? file : Object.defineProperty(file, 'size', { value: size });
  }

  #handle(name: string) {
    return {
      getSize: () => this.files.get(name)!.length,
      truncate: (n: number) => this.files.set(name, this.files.get(name)!.slice(0, n)),
      write: (from: Uint8Array, { at }: { at: number }) => {
        const n = Math.min(from.length, Math.max(0, this.room - at));
        this.files.set(name, Uint8Array.from([...this.files.get(name)!.subarray(0, at), ...from.subarray(0, n)]));
        return n;
      },
      flush: () => {},
      close: () => {},
    };
  }

  async removeEntry(name: string) {
    this.files.delete(name);
  }

  keys() {
    return this.files.keys();
  }
}

let memory: MemoryFolder;
const folder = async () => memory as unknown as FileSystemDirectoryHandle;
const named = (path: string, text: string) => ({ path, file: new Blob([text]) });
const hash = (text: string) => hashOf(new Blob([text]));

beforeEach(() => {
  memory = new MemoryFolder();
});

test('files lie under their content, once, and come back under their names', async () => {
  const files = [named('a/train.csv', 'text,label\n'), named('b/test.csv', 'x,y\n'), named('copy.csv', 'x,y\n')];
  const { files: known, kept } = await keepSources(folder, files, true);
  expect(kept).toBe(true);
  expect(known.map((f) => [f.path, f.bytes])).toEqual([
    ['a/train.csv', 11],
    ['b/test.csv', 4],
    ['copy.csv', 4],
  ]);
  expect([...memory.files.keys()].sort()).toEqual([...new Set(known.map((f) => f.hash))].sort());
  const back = await openSources(folder, known);
  expect(await Promise.all(back!.map(async ({ path, file }) => [path, await file.text()]))).toEqual([
    ['a/train.csv', 'text,label\n'],
    ['b/test.csv', 'x,y\n'],
    ['copy.csv', 'x,y\n'],
  ]);
});

test('a file that is gone, cut off or changed is not taken for the one that was kept', async () => {
  const { files } = await keepSources(folder, [named('a.txt', 'one two three')], true);
  const [{ hash: name }] = files;
  memory.files.set(name, new TextEncoder().encode('one two four!'));
  expect(await openSources(folder, files)).toBeNull();
  memory.files.set(name, new TextEncoder().encode('one two'));
  expect(await openSources(folder, files)).toBeNull();
  memory.files.delete(name);
  expect(await openSources(folder, files)).toBeNull();
});

test('a hash is the SHA-256 of all pieces', async () => {
  const bytes = new Uint8Array((4 << 20) + 5).fill(7);
  expect(await hashOf(new Blob([bytes]))).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('what is only hashed, and what finds no room, leaves nothing behind', async () => {
  expect(await keepSources(folder, [named('a.txt', 'abc')], false)).toEqual({
    files: [{ path: 'a.txt', bytes: 3, hash: await hash('abc') }],
    kept: false,
  });
  memory.room = 2;
  expect((await keepSources(folder, [named('a.txt', 'abc')], true)).kept).toBe(false);
  expect(memory.files.size).toBe(0);
});

test('a sweep leaves what is wanted, and of that what comes first where not all has room', async () => {
  const texts = ['desk', 'new run', 'old run', 'nobody’s'];
  await keepSources(
    folder,
    texts.map((t) => named(t, t)),
    true,
  );
  const names = await Promise.all(texts.map(hash));
  memory.pretended.set(names[1], MAX_SOURCES - 10);
  memory.pretended.set(names[2], 100);
  await sweepSources(folder, [names[0], names[0], names[1], names[2]]);
  expect([...memory.files.keys()].sort()).toEqual([names[0], names[1]].sort());
});
