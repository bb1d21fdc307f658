/**
 * LZ4 as Parquet files hold it, under one name or two: a bare block (LZ4_RAW), Hadoop's frames of blocks, and the LZ4
 * frame format that Arrow once wrote. Which one it is, its bytes tell.
 * Formats: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md, lz4_Frame_format.md;
 * https://parquet.apache.org/docs/file-format/data-pages/compression/
 */
import { message } from '../../../shared/message';
import { broken } from './bounds';

const FRAME_MAGIC = 0x184d2204;

/**
 * @param length bytes that the page declares; as many are returned
 * @throws {DataError} when it is none of them
 */
export function unpackLz4(input: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (const read of [frames, hadoop, block]) if (read(input, out)) return out;
  throw broken(message('data.file.parquetHas.damaged'));
}

const block = (input: Uint8Array, out: Uint8Array) => unpackBlock(input, out, 0) === out.length;

/** Frames: a number of bytes, then blocks, each after its length, until they have made as many. Big-endian. */
function hadoop(input: Uint8Array, out: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let made = 0;
  for (let at = 0; at < input.length; ) {
    if (at + 8 > input.length) return false;
    const end = made + view.getUint32(at);
    at += 4;
    if (end > out.length) return false;
    while (made < end) {
      if (at + 4 > input.length) return false;
      const size = view.getUint32(at);
      at += 4;
      if (size === 0 || at + size > input.length) return false;
      made = unpackBlock(input.subarray(at, at + size), out.subarray(0, end), made);
      if (made < 0) return false;
      at += size;
    }
  }
  return made === out.length;
}

/** The LZ4 frame format. Its checksums are passed over. */
function frames(input: Uint8Array, out: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let made = 0;
  for (let at = 0; at < input.length; ) {
    if (at + 7 > input.length || view.getUint32(at, true) !== FRAME_MAGIC) return false;
    const flags = input[at + 4];
    at += 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0);
    for (;;) {
      if (at + 4 > input.length) return false;
      const head = view.getUint32(at, true);
      at += 4;
      if (head === 0) break;
      const size = head & 0x7fffffff;
      if (at + size > input.length) return false;
      const piece = input.subarray(at, at + size);
      if (head >>> 31) {
        if (made + size > out.length) return false;
        out.set(piece, made);
        made += size;
      } else made = unpackBlock(piece, out, made);
      if (made < 0) return false;
      at += size + (flags & 16 ? 4 : 0);
    }
    if (flags & 4) at += 4;
  }
  return made === out.length;
}

/**
 * Unpacks a block behind what is there already.
 * @returns where it ends in `out`, or -1 when it is no block that fits
 */
function unpackBlock(input: Uint8Array, out: Uint8Array, from: number): number {
  let at = 0;
  let to = from;
  const longer = (n: number): number => {
    let length = n;
    if (n === 15) {
      let more: number;
      do {
        if (at >= input.length) return Infinity;
        more = input[at++];
        length += more;
      } while (more === 255);
    }
    return length;
  };
  while (at < input.length) {
    const token = input[at++];
    const literals = longer(token >> 4);
    if (at + literals > input.length || to + literals > out.length) return -1;
    out.set(input.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === input.length) return to;
    if (at + 2 > input.length) return -1;
    const back = input[at] | (input[at + 1] << 8);
    at += 2;
    const length = longer(token & 15) + 4;
    if (back === 0 || back > to || to + length > out.length) return -1;
    // Byte by byte where it overlaps itself: it repeats then.
    if (back >= length) out.copyWithin(to, to - back, to - back + length);
    else for (let i = 0; i < length; i++) out[to + i] = out[to - back + i];
    to += length;
  }
  return to;
}
