/** Packed pages → bytes, by libraries that are held to the length that the page declares. */
import { message } from '../../../shared/message';
import { Gunzip } from 'fflate';
import type { CompressionCodec } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { decompressBrotli } from 'hyparquet-compressors/src/brotli.js';
import { BrotliOutput } from 'hyparquet-compressors/src/brotli.streams.js';
import { broken } from './bounds';
import { unpackLz4 } from './lz4';

const damaged = () => broken(message('data.file.parquetHas.damaged'));

const UNPACK: Partial<Record<CompressionCodec, (input: Uint8Array, length: number) => Uint8Array>> = {
  UNCOMPRESSED: (input) => input,
  SNAPPY: (input, length) => compressors.SNAPPY!(input, length),
  GZIP: gunzip,
  BROTLI: decompressBrotli,
  ZSTD: (input, length) => {
    checkZstd(input, length);
    return compressors.ZSTD!(input, length);
  },
  LZ4: unpackLz4,
  LZ4_RAW: unpackLz4,
};

export const isKnownCodec = (codec: CompressionCodec) => UNPACK[codec] !== undefined;

/**
 * A page's bytes, alone in their buffer, so that what points past their end is past the buffer's.
 * @param length what the page declares
 * @throws {DataError} when it unpacks to anything else
 */
export function unpackPage(codec: CompressionCodec, input: Uint8Array, length: number): Uint8Array {
  const unpack = UNPACK[codec];
  if (!unpack) throw damaged();
  const page = length === 0 ? new Uint8Array(0) : unpack(input, length);
  if (page.length !== length) throw damaged();
  return page.byteLength === page.buffer.byteLength ? page : page.slice();
}

/** In pieces: the first that does not fit any more ends it. */
function gunzip(input: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  const stream = new Gunzip((piece) => {
    out.set(piece, at);
    at += piece.length;
  });
  const PIECE = 1 << 14;
  for (let from = 0; from < input.length; from += PIECE) {
    stream.push(input.subarray(from, from + PIECE), from + PIECE >= input.length);
  }
  if (at !== length) throw damaged();
  return out;
}

// The library lets its output grow to whatever a packed page says as it goes on. Here it stays what it was made with.
const buffers = new WeakMap<object, Uint8Array>();
Object.defineProperty(BrotliOutput.prototype, 'buffer', {
  // This module may be loaded again (tests do it) while the library's stays.
  configurable: true,
  get() {
    return buffers.get(this);
  },
  set(bytes: Uint8Array) {
    if (buffers.has(this)) throw damaged();
    buffers.set(this, bytes);
  },
});

const MAX_ZSTD_WINDOW = 32 << 20;
/** The window that every reader must be able to keep, whatever the content's size. */
const LEAST_WINDOW = 8 << 20;
const BYTES_PER_BLOCK = 512;
const FREE_BLOCKS = 64;
/** Of the table of a Huffman tree's weights, at most. */
const MAX_WEIGHT_LOG = 6;

/**
 * Walks over the frames' headers and blocks: what they make is known beforehand but for blocks of 128 KiB at most.
 * Format: https://datatracker.ietf.org/doc/html/rfc8878
 */
function checkZstd(input: Uint8Array, length: number): void {
  const number = (at: number, size: number) => {
    if (at + size > input.length) throw damaged();
    let value = 0;
    for (let i = 0; i < size; i++) value += input[at + i] * 2 ** (8 * i);
    return value;
  };
  let made = 0;
  let blocks = 0;
  for (let at = 0; at < input.length; ) {
    const magic = number(at, 4);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
      at += 8 + number(at + 4, 4);
      continue;
    }
    const flags = number(at + 4, 1);
    const single = (flags >> 5) & 1;
    const sizeBytes = flags >> 6 ? 1 << (flags >> 6) : single;
    const dictionary = (flags & 3) === 3 ? 4 : flags & 3;
    const sizeAt = at + 6 - single + dictionary;
    const size = sizeBytes ? number(sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0) : null;
    const wide = single ? 0 : 2 ** (10 + (number(at + 5, 1) >> 3));
    const window = wide + (wide / 8) * (input[at + 5] & 7);
    if (
      magic !== 0xfd2fb528 ||
      (size !== null && size > length) ||
      (!single && window > Math.min(MAX_ZSTD_WINDOW, Math.max(LEAST_WINDOW, 2 * length)))
    )
      throw damaged();
    at = sizeAt + sizeBytes;
    for (let last = 0; !last; ) {
      const head = number(at, 3);
      const kind = (head >> 1) & 3;
      const bytes = head >> 3;
      last = head & 1;
      if (kind !== 2) made += bytes;
      if (made > length || ++blocks > FREE_BLOCKS + length / BYTES_PER_BLOCK) throw damaged();
      if (kind === 2 && readsNoBits(input.subarray(at + 3, at + 3 + bytes))) throw damaged();
      at += 3 + (kind === 1 ? 1 : bytes);
    }
    if (flags & 4) at += 4;
  }
}

/**
 * Whether the weights of a block's Huffman tree are packed with a table that one weight has to itself. No bit is read
 * from one to the next then: the library would read for ever. A table with two takes at least one bit every so often.
 * Format: the same, 3.1.1.3.1, 4.2.1 and 4.1.1. @param block a compressed one
 */
function readsNoBits(block: Uint8Array): boolean {
  const literals = block[0];
  const tree = [3, 3, 4, 5][(literals >> 2) & 3];
  // No tree of its own, or weights as they are.
  if ((literals & 3) !== 2 || block[tree] >= 128) return false;
  const log = (block[tree + 1] & 15) + 5;
  // More is refused by the library.
  if (log > MAX_WEIGHT_LOG) return false;
  let bit = (tree + 1) * 8 + 4;
  const peek = (bits: number) => {
    const at = bit >> 3;
    return (((block[at] | (block[at + 1] << 8) | (block[at + 2] << 16)) >> (bit & 7)) & ((1 << bits) - 1)) >>> 0;
  };
  const all = (1 << (log + 1)) - 1;
  const none = 1;
  for (let weight = 0; weight < 256; weight++) {
    if (peek(log + 1) === all) return true;
    if (peek(log) !== none) return false;
    bit += log;
    // How many weights more have no share.
    for (let more = 3; more === 3; bit += 2) weight += more = peek(2);
  }
  return false;
}
