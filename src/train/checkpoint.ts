/**
 * A value that survives whatever happens while it is written: two slots that are written in turn, each with a SHA-256
 * of its content. The newest slot whose hash is right is the value; the other is written next. Killed at any byte of a
 * write, the slot that was not being written still holds the value before.
 *
 * A slot: magic (8 bytes), f64 sequence number, f64 payload length, SHA-256 of sequence, length and payload (32 bytes),
 * payload. The payload is flushed before the head is written.
 */

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
const HASHED_FROM = 8;

export interface Stored {
  sequence: number;
  payload: Uint8Array<ArrayBuffer>;
}

async function hashOf(sequence: number, payload: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  const length = payload.reduce((sum, p) => sum + p.length, 0);
  const all = new Uint8Array(16 + length);
  const view = new DataView(all.buffer);
  view.setFloat64(0, sequence, true);
  view.setFloat64(8, length, true);
  let at = 16;
  for (const part of payload) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

function writeAll(file: SlotFile, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  const written = file.write(bytes, { at });
  // A full disk may be told this way only.
  if (written !== bytes.length)
    throw new DOMException(`only ${written} of ${bytes.length} bytes were written`, 'QuotaExceededError');
}

/** Writes one slot; the file holds nothing valid until the very end. */
export async function writeSlot(
  file: SlotFile,
  sequence: number,
  payload: readonly Uint8Array<ArrayBuffer>[],
): Promise<void> {
  const hash = await hashOf(sequence, payload);
  file.truncate(0);
  let at = HEAD;
  for (const part of payload) {
    writeAll(file, part, at);
    at += part.length;
  }
  file.flush();
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  view.setFloat64(8, sequence, true);
  view.setFloat64(16, at - HEAD, true);
  head.set(hash, 24);
  writeAll(file, head, 0);
  file.flush();
}

/** What a slot holds; 'empty' where it was never written, 'damaged' where its hash or length is wrong. */
export async function readSlot(file: SlotFile): Promise<Stored | 'empty' | 'damaged'> {
  const size = file.getSize();
  if (size === 0) return 'empty';
  if (size < HEAD) return 'damaged';
  const bytes = new Uint8Array(size);
  if (file.read(bytes, { at: 0 }) !== size || MAGIC.some((b, i) => bytes[i] !== b)) return 'damaged';
  const view = new DataView(bytes.buffer);
  const sequence = view.getFloat64(8, true);
  if (view.getFloat64(16, true) !== size - HEAD) return 'damaged';
  const { buffer } = bytes;
  const payload = new Uint8Array(buffer, HEAD);
  const head = new Uint8Array(buffer, HASHED_FROM, 16);
  // The hash covers the two numbers and the payload, but not itself between them.
  const hashed = new Uint8Array(16 + payload.length);
  hashed.set(head);
  hashed.set(payload, 16);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', hashed));
  return hash.every((b, i) => b === bytes[24 + i]) ? { sequence, payload } : 'damaged';
}

/** The value of two slots, where the next one goes, and how many slots are damaged. */
export async function readSlots(
  files: readonly [SlotFile, SlotFile],
): Promise<{ latest: Stored | null; next: 0 | 1; damaged: number }> {
  const read = [await readSlot(files[0]), await readSlot(files[1])];
  const valid = read.map((r) => (typeof r === 'string' ? null : r));
  const [a, b] = valid.map((v) => v?.sequence ?? -1);
  return { latest: valid[a >= b ? 0 : 1], next: a >= b ? 1 : 0, damaged: read.filter((r) => r === 'damaged').length };
}
