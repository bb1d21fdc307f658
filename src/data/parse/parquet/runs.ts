/**
 * Numbers as Parquet packs them: runs, and differences. Every count is compared with the bytes that are there before
 * anything is made of it. Format: https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
import { message } from '../../../shared/message';
import { broken } from './bounds';

const damaged = () => broken(message('data.file.parquetHas.damaged'));

/** A number in LEB128, of at most `most` bytes. */
function varint(bytes: Uint8Array, head: { at: number }, end: number, most: number): number {
  let value = 0;
  for (let i = 0; i < most && head.at < end; i++) {
    const b = bytes[head.at++];
    value += (b & 0x7f) * 2 ** (7 * i);
    if (b < 0x80) return value;
  }
  throw damaged();
}

/**
 * `n` numbers of `width` bits (at most 32), in runs of one value or packed bit by bit, from `from` on and before `end`.
 * @throws {DataError} when the bytes hold fewer
 */
export function readRuns(
  bytes: Uint8Array,
  { from, end, width, n }: { from: number; end: number; width: number; n: number },
): Uint32Array {
  const out = new Uint32Array(n);
  if (width === 0) return out;
  if (width > 32 || end > bytes.length) throw damaged();
  const head = { at: from };
  let seen = 0;
  while (seen < n) {
    const run = varint(bytes, head, end, 5);
    if (run % 2 === 0) {
      const size = (width + 7) >> 3;
      const count = run / 2;
      if (head.at + size > end) throw damaged();
      let value = 0;
      for (let i = 0; i < size; i++) value += bytes[head.at + i] * 2 ** (8 * i);
      head.at += size;
      out.fill(value, seen, Math.min(n, seen + count));
      seen += count;
    } else {
      const groups = (run - 1) / 2;
      const count = Math.min(groups * 8, n - seen);
      // What fills up the last group of eight may be missing.
      if (head.at + Math.ceil((count * width) / 8) > end) throw damaged();
      unpackBits(bytes, head.at, width, out.subarray(seen, seen + count));
      head.at += groups * width;
      seen += count;
    }
  }
  return out;
}

function unpackBits(bytes: Uint8Array, from: number, width: number, out: Uint32Array): void {
  const mask = width === 32 ? 0xffffffff : 2 ** width - 1;
  for (let i = 0; i < out.length; i++) {
    const bit = i * width;
    const at = from + (bit >>> 3);
    const shift = bit & 7;
    let value = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> shift;
    if (shift + width > 32) value |= bytes[at + 4] << (32 - shift);
    out[i] = value & mask;
  }
}

const MAX_BLOCK = 1 << 20;

/**
 * Looks at `n` numbers packed as differences, before the library unpacks them: blocks that hold nothing would never
 * end, and numbers without end would be shifted together.
 * @throws {DataError} when they are not what they say
 */
export function checkDeltas(bytes: Uint8Array, from: number, n: number): void {
  const head = { at: from };
  const next = (most: number) => varint(bytes, head, bytes.length, most);
  const block = next(5);
  const parts = next(5);
  const count = next(5);
  next(10); // the first number
  const part = block / parts;
  if (count !== n || block > MAX_BLOCK || !Number.isInteger(part) || part === 0 || part % 8 !== 0) throw damaged();
  for (let seen = 1; seen < n; ) {
    next(10); // the smallest difference
    const widths = head.at;
    head.at += parts;
    if (head.at > bytes.length) throw damaged();
    for (let p = 0; p < parts && seen < n; p++, seen += part) {
      const width = bytes[widths + p];
      if (width > 64) throw damaged();
      head.at += (part * width) / 8;
    }
  }
}
