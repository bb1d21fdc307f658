/**
 * Types of a GGUF's tensors, read as f32 or as blocks (see `QuantisedBlocks`): each is a scale, and for some an offset,
 * for every 16 or 32 neighbours of a row. Layout: ggml-common.h of ggml.
 */
import { message } from '../../shared/message';
import type { QuantisedBlocks } from '../../shared/types';
import { bf16ToF32, f16ToF32, f32Copy, halfValue } from '../floats';
import { type GgufTensor, damaged } from './container';

/** One type: how many values its blocks have in so many bytes, and how they are read. */
interface Reader {
  name: string;
  values: number;
  bytes: number;
  read(raw: Uint8Array): Float32Array | QuantisedBlocks;
}

const half = (raw: Uint8Array, at: number): number => halfValue(raw[at] | (raw[at + 1] << 8));

/** A block of 32 or 256 values while it is read. */
interface Block {
  raw: Uint8Array;
  /** Where it begins. */
  at: number;
  /** Puts q at value `i` of the block. */
  put(i: number, q: number): void;
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
  return {
    name,
    values,
    bytes,
    read(raw) {
      const count = raw.length / bytes;
      const out: QuantisedBlocks = {
        bits,
        block,
        values: new Uint8Array((count * values * bits) / 8),
        scales: new Float32Array(count * parts),
        offsets: offsets ? new Float32Array(count * parts) : null,
      };
      let b = 0;
      const one: Block = {
        raw,
        at: 0,
        put:
          bits === 4
            ? (i, q) => {
                const at = b * values + i;
                out.values[at >> 1] |= q << (4 * (at & 1));
              }
            : (i, q) => {
                out.values[b * values + i] = q;
              },
        scale(part, scale, offset = 0) {
          out.scales[b * parts + part] = scale;
          if (out.offsets) out.offsets[b * parts + part] = offset;
        },
      };
      for (; b < count; b++, one.at += bytes) readBlock(one);
      return out;
    },
  };
}

/** Sixteen bytes: lower halves are values 0 … 15, upper ones 16 … 31. */
function nibbles({ raw, put }: Block, at: number, high: (i: number) => number = () => 0): void {
  for (let i = 0; i < 16; i++) {
    put(i, (raw[at + i] & 15) + high(i));
    put(i + 16, (raw[at + i] >> 4) + high(i + 16));
  }
}

/** The fifth bits of 32 values, in four bytes; as 16 more, or `less` from them. */
const fifth =
  (raw: Uint8Array, at: number, less: number) =>
  (i: number): number =>
    (((raw[at + (i >> 3)] >> (i & 7)) & 1) << 4) - less;

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
  1: { name: 'F16', values: 1, bytes: 2, read: f16ToF32 },
  30: { name: 'BF16', values: 1, bytes: 2, read: bf16ToF32 },
  2: blockwise('Q4_0', { ...SMALL, bytes: 18, bits: 4, offsets: false }, (b) => {
    b.scale(0, half(b.raw, b.at));
    nibbles(b, b.at + 2);
  }),
  3: blockwise('Q4_1', { ...SMALL, bytes: 20, bits: 4, offsets: true }, (b) => {
    b.scale(0, half(b.raw, b.at), half(b.raw, b.at + 2));
    nibbles(b, b.at + 4);
  }),
  6: blockwise('Q5_0', { ...SMALL, bytes: 22, bits: 8, offsets: false }, (b) => {
    b.scale(0, half(b.raw, b.at));
    nibbles(b, b.at + 6, fifth(b.raw, b.at + 2, 16));
  }),
  7: blockwise('Q5_1', { ...SMALL, bytes: 24, bits: 8, offsets: true }, (b) => {
    b.scale(0, half(b.raw, b.at), half(b.raw, b.at + 2));
    nibbles(b, b.at + 8, fifth(b.raw, b.at + 4, 0));
  }),
  8: blockwise('Q8_0', { ...SMALL, bytes: 34, bits: 8, offsets: false }, (b) => {
    b.scale(0, half(b.raw, b.at));
    for (let i = 0; i < 32; i++) b.put(i, b.raw[b.at + 2 + i]);
  }),
  12: blockwise('Q4_K', { values: 256, bytes: 144, bits: 4, block: 32, offsets: true }, (b) => {
    scalesOfK(b);
    for (let i = 0; i < 128; i++) {
      const [byte, to] = [b.raw[b.at + 16 + i], 64 * (i >> 5) + (i & 31)];
      b.put(to, byte & 15);
      b.put(to + 32, byte >> 4);
    }
  }),
  13: blockwise('Q5_K', { values: 256, bytes: 176, bits: 8, block: 32, offsets: true }, (b) => {
    scalesOfK(b);
    for (let i = 0; i < 128; i++) {
      const [byte, high] = [b.raw[b.at + 48 + i], b.raw[b.at + 16 + (i & 31)] >> (2 * (i >> 5))];
      const to = 64 * (i >> 5) + (i & 31);
      b.put(to, (byte & 15) + ((high & 1) << 4));
      b.put(to + 32, (byte >> 4) + ((high & 2) << 3));
    }
  }),
  14: blockwise('Q6_K', { values: 256, bytes: 210, bits: 8, block: 16, offsets: false }, (b) => {
    const { raw, at } = b;
    const d = half(raw, at + 208);
    for (let part = 0; part < 16; part++) b.scale(part, d * ((raw[at + 192 + part] << 24) >> 24));
    for (let i = 0; i < 256; i++) {
      // Halves of 128 values: 64 bytes with four bits of two values each, 32 with two bits of four.
      const [side, quarter, l] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = raw[at + 64 * side + 32 * (quarter & 1) + l] >> (4 * (quarter >> 1));
      const high = raw[at + 128 + 32 * side + l] >> (2 * quarter);
      b.put(i, ((low & 15) | ((high & 3) << 4)) - 32);
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

/** A tensor's values, a copy: f32 in stored order, or blocks. */
export function readTensor(tensor: GgufTensor, file: Uint8Array): Float32Array | QuantisedBlocks {
  const raw = file.subarray(tensor.offset, tensor.offset + bytesOf(tensor, file.length));
  return readerOf(tensor).read(raw);
}
