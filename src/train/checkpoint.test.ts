import { expect, test } from 'vitest';
import { Rng } from '../shared/rng';
import { type SlotFile, checkSlot, checkSlots, readPayload, sequenceOf, writeSlot } from './checkpoint';

/** A file in memory that breaks off once `budget` bytes were written, as a killed process or a full disk does. */
class MemoryFile implements SlotFile {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  budget = Infinity;

  getSize() {
    return this.bytes.length;
  }

  read(into: Uint8Array<ArrayBuffer>, { at }: { at: number }) {
    into.set(this.bytes.subarray(at, at + into.length));
    return Math.min(into.length, this.bytes.length - at);
  }

  write(from: Uint8Array<ArrayBuffer>, { at }: { at: number }) {
    const n = Math.min(from.length, this.budget);
    this.budget -= n;
    if (at + n > this.bytes.length) {
      const grown = new Uint8Array(at + n);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(from.subarray(0, n), at);
    if (n < from.length) throw new Error('killed');
    return n;
  }

  truncate(size: number) {
    this.bytes = this.bytes.slice(0, size);
  }

  flush() {}
}

const payload = (seed: number, length = 300) => {
  const rng = new Rng(seed);
  return Uint8Array.from({ length }, () => Math.floor(rng.uniform(0, 256)));
};
const pair = () => [new MemoryFile(), new MemoryFile()] as [MemoryFile, MemoryFile];

/** The value of two slots. */
function read(files: [MemoryFile, MemoryFile]) {
  const { latest, ...rest } = checkSlots(files);
  const value = latest && { sequence: latest.sequence, payload: readPayload(files[latest.slot], latest.bytes) };
  return { latest: value, ...rest };
}

function save(files: [MemoryFile, MemoryFile], content: Uint8Array<ArrayBuffer>): void {
  const { latest, next } = read(files);
  writeSlot(files[next], (latest?.sequence ?? 0) + 1, [content.subarray(0, 100), content.subarray(100)]);
}

test('slots are written in turn and the newest is the value', () => {
  const files = pair();
  expect(read(files)).toEqual({ latest: null, next: 1, damaged: 0 });
  for (let i = 1; i <= 5; i++) {
    save(files, payload(i, 100 + i));
    const { latest, damaged } = read(files);
    expect(latest).toEqual({ sequence: i, payload: payload(i, 100 + i) });
    expect(damaged).toBe(0);
  }
});

test('killed at any byte of a write, the value before is still there', () => {
  const total = 300 + 56;
  for (let budget = 0; budget < total; budget++) {
    const files = pair();
    save(files, payload(1));
    save(files, payload(2));
    const { next } = read(files);
    files[next].budget = budget;
    expect(() => save(files, payload(3))).toThrow('killed');
    expect(read(files).latest, `after ${budget} bytes`).toEqual({ sequence: 2, payload: payload(2) });
    // And the next one finds its place.
    files[next].budget = Infinity;
    save(files, payload(4));
    expect(read(files).latest?.payload).toEqual(payload(4));
  }
});

test('one flipped bit anywhere is found, and the older slot is the value then', () => {
  const files = pair();
  save(files, payload(1));
  save(files, payload(2));
  const { next } = read(files);
  const newest = files[1 - next];
  for (let at = 0; at < newest.bytes.length; at += 7) {
    newest.bytes[at] ^= 0x10;
    expect(checkSlot(newest), `byte ${at}`).toBe('damaged');
    expect(read(files)).toMatchObject({ latest: { sequence: 1 }, next: 1 - next, damaged: 1 });
    newest.bytes[at] ^= 0x10;
  }
  expect(read(files).latest?.sequence).toBe(2);
});

test('a disk that takes less than it was given is an error, not a checkpoint', () => {
  const file = new MemoryFile();
  file.write = (from) => from.length - 1;
  expect(() => writeSlot(file, 1, [payload(1)])).toThrow('only 299 of 300 bytes');
});

test('a slot tells its number unread: that of what it holds, none where a write broke off', () => {
  const files = pair();
  expect(sequenceOf(files[0])).toBeNull();
  save(files, payload(1));
  save(files, payload(2));
  expect(files.map((file) => sequenceOf(file)).toSorted()).toEqual([1, 2]);
  const { next } = read(files);
  files[next].budget = 100;
  expect(() => save(files, payload(3))).toThrow('killed');
  expect(sequenceOf(files[next])).toBeNull();
});
