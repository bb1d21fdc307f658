/**
 * Types of a GGUF's tensors, read as f32 or as blocks (see `QuantisedBlocks`): each is a scale, and for some an offset,
 * for every 16 or 32 neighbours of a row. Layout: ggml-common.h of ggml.
 */
import { message } from '../../shared/message';
import type { QuantisedBlocks } from '../../shared/types';
import type { ByteFile } from '../byteFile';
import { giveBack } from '../../shared/giveBack';
import { halfValue } from '../../shared/half';
import type { RowRange, StoredMatrix } from '../../shared/quantised';
import { bf16ToF32, f32Copy, halvesOf } from '../floats';
import { type GgufTensor, damaged } from './container';

/** One type: how many values its blocks have in so many bytes, and how they are read. */
interface Reader {
  name: string;
  values: number;
  bytes: number;
  read(raw: Uint8Array): StoredMatrix;
}

const half = (raw: Uint8Array, at: number): number => halfValue(raw[at] | (raw[at + 1] << 8));

/** A block of 32 or 256 values while it is read: where it begins in the file, and where its q go. */
interface Block {
  raw: Uint8Array;
  at: number;
  out: Uint8Array;
  to: number;
  /** Scale and offset of the block's part `part`. */
  scale(part: number, scale: number, offset?: number): void;
}

/** A reader that goes through its blocks one by one. */
function blockwise(
  name: string,
  {
    values,
    bytes,
    bits,
    block,
    offsets,
  }: Pick<Reader, 'values' | 'bytes'> & { bits: 4 | 8; block: 16 | 32; offsets: boolean },
  readBlock: (block: Block) => void,
): Reader {
  const parts = values / block;
  /** The last that was read. */
  let last: QuantisedBlocks | null = null;
  return {
    name,
    values,
    bytes,
    read(raw) {
      const count = raw.length / bytes;
      if (last)
        giveBack(
          [last.values, last.scales, last.offsets].flatMap((array) => (array ? [array.buffer as ArrayBuffer] : [])),
        );
      const out: QuantisedBlocks = {
        bits,
        block,
        values: new Uint8Array((count * values * bits) / 8),
        scales: new Float32Array(count * parts),
        offsets: offsets ? new Float32Array(count * parts) : null,
      };
      last = out;
      let first = 0;
      const one: Block = {
        raw,
        at: 0,
        out: out.values,
        to: 0,
        scale(part, scale, offset = 0) {
          out.scales[first + part] = scale;
          if (out.offsets) out.offsets[first + part] = offset;
        },
      };
      for (let b = 0; b < count; b++) {
        readBlock(one);
        one.at += bytes;
        one.to += (values * bits) / 8;
        first += parts;
      }
      return out;
    },
  };
}

/**
 * `count` bytes at `at`: lower halves are the first values, upper ones follow; as nibbles side by side from byte `to`
 * of the block on.
 */
function halves(block: Block, at: number, count: number, to: number): void {
  const { raw, out } = block;
  const [from, low, high] = [block.at + at, block.to + to, block.to + to + count / 2];
  for (let i = 0; i < count / 2; i++) {
    const [a, b] = [raw[from + 2 * i], raw[from + 2 * i + 1]];
    out[low + i] = (a & 15) | ((b & 15) << 4);
    out[high + i] = (a >> 4) | (b & 0xf0);
  }
}

/**
 * Sixteen bytes at `at` the same, with the fifth bits of all 32 in the four bytes at `fifths`; `less` is taken from
 * each.
 */
function fives({ raw, out, at: start, to }: Block, at: number, fifths: number, less: number): void {
  const fifth = (i: number) => ((raw[start + fifths + (i >> 3)] >> (i & 7)) & 1) << 4;
  for (let i = 0; i < 16; i++) {
    const byte = raw[start + at + i];
    out[to + i] = (byte & 15) + fifth(i) - less;
    out[to + 16 + i] = (byte >> 4) + fifth(16 + i) - less;
  }
}

/** Scales and minima of 8 parts, in 12 bytes of 6 bits each. */
function scalesOfK({ raw, at, scale }: Block): void {
  const [d, least] = [half(raw, at), half(raw, at + 2)];
  const s = at + 4;
  for (let j = 0; j < 8; j++) {
    const [first, second] =
      j < 4
        ? [raw[s + j] & 63, raw[s + j + 4] & 63]
        : [(raw[s + j + 4] & 15) | ((raw[s + j - 4] >> 6) << 4), (raw[s + j + 4] >> 4) | ((raw[s + j] >> 6) << 4)];
    scale(j, d * first, -least * second);
  }
}

const SMALL = { values: 32, block: 32 } as const;

const READERS: Record<number, Reader> = {
  0: { name: 'F32', values: 1, bytes: 4, read: f32Copy },
  1: { name: 'F16', values: 1, bytes: 2, read: halvesOf },
  30: { name: 'BF16', values: 1, bytes: 2, read: bf16ToF32 },
  2: blockwise('Q4_0', { ...SMALL, bytes: 18, bits: 4, offsets: false }, (b) => {
    b.scale(0, half(b.raw, b.at));
    halves(b, 2, 16, 0);
  }),
  3: blockwise('Q4_1', { ...SMALL, bytes: 20, bits: 4, offsets: true }, (b) => {
    b.scale(0, half(b.raw, b.at), half(b.raw, b.at + 2));
    halves(b, 4, 16, 0);
  }),
  6: blockwise('Q5_0', { ...SMALL, bytes: 22, bits: 8, offsets: false }, (b) => {
    b.scale(0, half(b.raw, b.at));
    fives(b, 6, 2, 16);
  }),
  7: blockwise('Q5_1', { ...SMALL, bytes: 24, bits: 8, offsets: true }, (b) => {
    b.scale(0, half(b.raw, b.at), half(b.raw, b.at + 2));
    fives(b, 8, 4, 0);
  }),
  8: blockwise('Q8_0', { ...SMALL, bytes: 34, bits: 8, offsets: false }, (b) => {
    b.scale(0, half(b.raw, b.at));
    b.out.set(b.raw.subarray(b.at + 2, b.at + 34), b.to);
  }),
  12: blockwise('Q4_K', { values: 256, bytes: 144, bits: 4, block: 32, offsets: true }, (b) => {
    scalesOfK(b);
    for (let pair = 0; pair < 4; pair++) halves(b, 16 + 32 * pair, 32, 32 * pair);
  }),
  13: blockwise('Q5_K', { values: 256, bytes: 176, bits: 8, block: 32, offsets: true }, (b) => {
    scalesOfK(b);
    const { raw, at, out } = b;
    for (let i = 0; i < 128; i++) {
      const [byte, high] = [raw[at + 48 + i], raw[at + 16 + (i & 31)] >> (2 * (i >> 5))];
      const to = b.to + 64 * (i >> 5) + (i & 31);
      out[to] = (byte & 15) + ((high & 1) << 4);
      out[to + 32] = (byte >> 4) + ((high & 2) << 3);
    }
  }),
  14: blockwise('Q6_K', { values: 256, bytes: 210, bits: 8, block: 16, offsets: false }, (b) => {
    const { raw, at, out, to } = b;
    const d = half(raw, at + 208);
    for (let part = 0; part < 16; part++) b.scale(part, d * ((raw[at + 192 + part] << 24) >> 24));
    for (let i = 0; i < 256; i++) {
      // Halves of 128 values: 64 bytes with four bits of two values each, 32 with two bits of four.
      const [side, quarter, l] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = raw[at + 64 * side + 32 * (quarter & 1) + l] >> (4 * (quarter >> 1));
      const high = raw[at + 128 + 32 * side + l] >> (2 * quarter);
      out[to + i] = ((low & 15) | ((high & 3) << 4)) - 32;
    }
  }),
};

/** How a tensor is read. @throws {ModelError} for a type that is not */
function readerOf(tensor: GgufTensor): Reader {
  return Object.hasOwn(READERS, tensor.type)
    ? READERS[tensor.type]
    : damaged(message('hub.ggufHas.type', { tensor: tensor.name.slice(0, 100), type: tensor.type }));
}

/**
 * Bytes of a tensor in the file.
 * @throws {ModelError} when they lie outside, or a row has no whole number of blocks
 */
export function bytesOf(tensor: GgufTensor, fileLength: number): number {
  const { name, values, bytes } = readerOf(tensor);
  const shown = tensor.name.slice(0, 100);
  const width = tensor.shape.at(-1) ?? 1;
  if (width % values !== 0) damaged(message('hub.ggufHas.row', { tensor: shown, type: name, width, block: values }));
  const size = (tensor.shape.reduce((count, n) => count * n, 1) / values) * bytes;
  if (tensor.offset + size > fileLength) damaged(message('hub.ggufHas.outside', { tensor: shown }));
  return size;
}

/**
 * Values of a tensor, of some rows where they are named: f32 or the bits of f16 in stored order, or blocks. They are
 * good until others are read.
 */
export function readTensor(tensor: GgufTensor, file: ByteFile, rows?: RowRange): StoredMatrix {
  const bytes = bytesOf(tensor, file.length);
  const row = bytes / tensor.shape[0];
  const [from, to] = rows ? [rows.first * row, (rows.first + rows.count) * row] : [0, bytes];
  return readerOf(tensor).read(file.read(tensor.offset + from, tensor.offset + to));
}
