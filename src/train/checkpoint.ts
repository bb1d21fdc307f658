/**
 * A value that survives whatever happens while it is written: two slots that are written in turn, each with a SHA-256
 * of its content. The newest slot whose hash is right is the value; the other is written next. Killed at any byte of a
 * write, the slot that was not being written still holds the value before.
 *
 * A slot: magic (8 bytes), f64 sequence number, f64 payload length, SHA-256 of sequence, length and payload (32 bytes),
 * payload. The payload is flushed before the head is written.
 */
import { sha256 } from '@noble/hashes/sha2.js';

/** What of `FileSystemSyncAccessHandle` is used; tests hand in files that break off. */
export interface SlotFile {
  getSize(): number;
  read(into: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(from: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
}

const MAGIC = new TextEncoder().encode('sieve-ck');
const HEAD = 56;

export interface Stored {
  sequence: number;
  /** Of the payload. */
  bytes: number;
}

/**
 * The hash of a slot, before its payload. In pieces: a copy of everything behind one another would take its memory
 * again.
 */
function hashFrom(sequence: number, length: number) {
  const numbers = new DataView(new ArrayBuffer(16));
  numbers.setFloat64(0, sequence, true);
  numbers.setFloat64(8, length, true);
  return sha256.create().update(new Uint8Array(numbers.buffer));
}

function writeAll(file: SlotFile, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  const written = file.write(bytes, { at });
  // A full disk may be told this way only.
  if (written !== bytes.length)
    throw new DOMException(`only ${written} of ${bytes.length} bytes were written`, 'QuotaExceededError');
}

/** Writes one slot; the file holds nothing valid until the very end. */
export function writeSlot(file: SlotFile, sequence: number, payload: readonly Uint8Array<ArrayBuffer>[]): void {
  const hash = hashFrom(
    sequence,
    payload.reduce((sum, p) => sum + p.length, 0),
  );
  file.truncate(0);
  let at = HEAD;
  for (const part of payload) {
    writeAll(file, part, at);
    hash.update(part);
    at += part.length;
  }
  file.flush();
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setFloat64(8, sequence, true);
  view.setFloat64(16, at - HEAD, true);
  head.set(hash.digest(), 24);
  writeAll(file, head, 0);
  file.flush();
}

/** The number of what a slot says that it holds, unread; null where it holds nothing. */
export function sequenceOf(file: SlotFile): number | null {
  const head = new Uint8Array(HEAD);
  if (file.read(head, { at: 0 }) !== HEAD || MAGIC.some((b, i) => head[i] !== b)) return null;
  const view = new DataView(head.buffer);
  return view.getFloat64(16, true) === file.getSize() - HEAD ? view.getFloat64(8, true) : null;
}

/** Bytes that are read and hashed at a time. */
const PIECE = 1 << 20;

/**
 * What a slot holds, hashed but not kept; 'empty' where it was never written, 'damaged' where its hash or length is
 * wrong.
 */
export function checkSlot(file: SlotFile): Stored | 'empty' | 'damaged' {
  const size = file.getSize();
  if (size === 0) return 'empty';
  const head = new Uint8Array(HEAD);
  const sequence = sequenceOf(file);
  if (sequence === null || file.read(head, { at: 0 }) !== HEAD) return 'damaged';
  const hash = hashFrom(sequence, size - HEAD);
  const piece = new Uint8Array(Math.min(PIECE, size - HEAD));
  for (let at = HEAD; at < size; ) {
    const read = file.read(piece.subarray(0, Math.min(piece.length, size - at)), { at });
    if (read <= 0) return 'damaged';
    hash.update(piece.subarray(0, read));
    at += read;
  }
  const right = hash.digest().every((b, i) => b === head[24 + i]);
  return right ? { sequence, bytes: size - HEAD } : 'damaged';
}

/** The first `bytes` of what a slot holds. Call `checkSlot` first. */
export function readPayload(file: SlotFile, bytes: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(bytes);
  file.read(payload, { at: HEAD });
  return payload;
}

/** The newest value of two slots, in which of them it is, where the next one goes, and how many slots are damaged. */
export function checkSlots(files: readonly [SlotFile, SlotFile]): {
  latest: (Stored & { slot: 0 | 1 }) | null;
  next: 0 | 1;
  damaged: number;
} {
  const read = [checkSlot(files[0]), checkSlot(files[1])];
  const valid = read.map((r) => (typeof r === 'string' ? null : r));
  const [a, b] = valid.map((v) => v?.sequence ?? -1);
  const slot = a >= b ? 0 : 1;
  const latest = valid[slot];
  return {
    latest: latest && { ...latest, slot },
    next: a >= b ? 1 : 0,
    damaged: read.filter((r) => r === 'damaged').length,
  };
}
