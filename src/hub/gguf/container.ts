/**
 * The GGUF container: metadata by key, a table of tensors, then their bytes. Layout: docs/gguf.md of ggml. Every count
 * and length is compared with the bytes that are left before anything is made of it.
 */
import { ModelError } from '../../shared/errors';
import type { ByteFile } from '../byteFile';
import { type Message, message } from '../../shared/message';

export type GgufValue = number | boolean | string | GgufValue[];

/** Where a tensor's bytes are. */
export interface GgufTensor {
  name: string;
  /** As PyTorch has it: the last is the one whose neighbours lie side by side. */
  shape: number[];
  /** ggml's number of the type; see types.ts. */
  type: number;
  /** From the start of the file. */
  offset: number;
}

/** What comes before the tensors' values. */
export interface GgufHead {
  metadata: ReadonlyMap<string, GgufValue>;
  tensors: ReadonlyMap<string, GgufTensor>;
}

const MAX_KEYS = 4096;
const MAX_TENSORS = 20_000;
/** Values in all lists together: 262,000 pieces with scores, types and twice as many merges are 1.3 million. */
const MAX_ITEMS = 2 ** 21;
const MAX_NAME = 1024;
/** A chat template, or a licence in full. */
const MAX_TEXT = 4 << 20;
const MAX_RANK = 4;
/** Arrays in arrays. */
const MAX_DEPTH = 3;

/** @param what is wrong with the file, of the catalogue’s `hub.ggufHas` */
export function damaged(what: Message): never {
  throw new ModelError(message('hub.gguf', { what }));
}

/** Types of a metadata value, by their number, with their bytes; text and arrays say their own length. */
const TYPES = ['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'bool', 'text', 'array', 'u64', 'i64', 'f64'] as const;
type Type = (typeof TYPES)[number];
const LEAST_BYTES: Record<Type, number> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  text: 8,
  array: 12,
  u64: 8,
  i64: 8,
  f64: 8,
};

class Cursor {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #utf8 = new TextDecoder('utf-8');
  #items = 0;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** The place of the next `count` bytes. */
  #take(count: number): number {
    if (count > this.left) damaged(message('hub.ggufHas.cutOff', { bytes: this.#bytes.length, at: this.at }));
    this.at += count;
    return this.at - count;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A count, an offset or a length: whatever is no safe integer lies outside of every file. */
  u64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  text(most: number): string {
    const length = this.u64();
    if (length > most) damaged(message('hub.ggufHas.long', { bytes: length, most }));
    const at = this.#take(length);
    return this.#utf8.decode(this.#bytes.subarray(at, at + length));
  }

  type(): Type {
    const at = this.at;
    const number = this.u32();
    return TYPES[number] ?? damaged(message('hub.ggufHas.valueType', { type: number, at }));
  }

  value(type: Type, depth = 0): GgufValue {
    const view = this.#view;
    switch (type) {
      case 'u8':
        return view.getUint8(this.#take(1));
      case 'i8':
        return view.getInt8(this.#take(1));
      case 'u16':
        return view.getUint16(this.#take(2), true);
      case 'i16':
        return view.getInt16(this.#take(2), true);
      case 'u32':
        return this.u32();
      case 'i32':
        return view.getInt32(this.#take(4), true);
      case 'f32':
        return view.getFloat32(this.#take(4), true);
      case 'f64':
        return view.getFloat64(this.#take(8), true);
      case 'u64':
        return this.u64();
      case 'i64':
        return Number(view.getBigInt64(this.#take(8), true));
      case 'bool':
        return view.getUint8(this.#take(1)) !== 0;
      case 'text':
        return this.text(MAX_TEXT);
      case 'array':
        return this.#array(depth);
    }
  }

  #array(depth: number): GgufValue[] {
    if (depth >= MAX_DEPTH) damaged(message('hub.ggufHas.deep', { at: this.at }));
    const type = this.type();
    const length = this.u64();
    if (length * LEAST_BYTES[type] > this.left)
      damaged(message('hub.ggufHas.cutOff', { bytes: this.#bytes.length, at: this.at }));
    this.#items += length;
    if (this.#items > MAX_ITEMS) damaged(message('hub.ggufHas.many', { what: 'items', most: MAX_ITEMS }));
    const values: GgufValue[] = [];
    for (let i = 0; i < length; i++) values.push(this.value(type, depth + 1));
    return values;
  }
}

/** How much is read of a file until its head is whole: vocabularies of 50,000 pieces take 2 MB, of 260,000 some 12. */
export const HEAD_BYTES = [4 << 20, 32 << 20, 128 << 20] as const;

/**
 * The head of a file, of which no more is read than that takes.
 * @throws {ModelError} as `readGguf` does
 */
export function openGguf(file: ByteFile): GgufHead {
  for (const most of HEAD_BYTES) {
    const end = Math.min(most, file.length);
    try {
      return readGguf(file.read(0, end), file.length);
    } catch (error) {
      if (end === file.length || most === HEAD_BYTES.at(-1)) throw error;
    }
  }
  return damaged(message('hub.ggufHas.noMagic'));
}

/**
 * Metadata and tensors of a file; values of tensors are not looked at.
 * @param length of the file, where `bytes` are its beginning
 * @throws {ModelError} when it is damaged, or no GGUF of version 2 or 3
 */
export function readGguf(bytes: Uint8Array, length = bytes.length): GgufHead {
  const cursor = new Cursor(bytes);
  if (bytes.length < 24 || cursor.u32() !== 0x46554747) damaged(message('hub.ggufHas.noMagic'));
  const version = cursor.u32();
  if (version !== 2 && version !== 3) damaged(message('hub.ggufHas.version', { version }));
  const tensorCount = cursor.u64();
  const keyCount = cursor.u64();
  if (tensorCount > MAX_TENSORS) damaged(message('hub.ggufHas.many', { what: 'tensors', most: MAX_TENSORS }));
  if (keyCount > MAX_KEYS) damaged(message('hub.ggufHas.many', { what: 'keys', most: MAX_KEYS }));

  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = cursor.text(MAX_NAME);
    if (metadata.has(key)) damaged(message('hub.ggufHas.twice', { name: key.slice(0, 100) }));
    metadata.set(key, cursor.value(cursor.type()));
  }

  const tensors = new Map<string, GgufTensor>();
  for (let i = 0; i < tensorCount; i++) {
    const name = cursor.text(MAX_NAME);
    const rank = cursor.u32();
    if (rank > MAX_RANK) damaged(message('hub.ggufHas.rank', { tensor: name.slice(0, 100), rank }));
    const shape = Array.from({ length: rank }, () => cursor.u64()).reverse();
    if (!shape.reduce((count, n) => count * n, 1) || shape.reduce((count, n) => count * n, 1) > 2 ** 40)
      damaged(message('hub.ggufHas.shape', { tensor: name.slice(0, 100), dims: shape.join(', ') }));
    if (tensors.has(name)) damaged(message('hub.ggufHas.twice', { name: name.slice(0, 100) }));
    tensors.set(name, { name, shape, type: cursor.u32(), offset: cursor.u64() });
  }

  const given = metadata.get('general.alignment') ?? 32;
  const isPower = typeof given === 'number' && given >= 8 && given <= 2 ** 16 && Number.isInteger(Math.log2(given));
  if (!isPower) damaged(message('hub.ggufHas.alignment', { value: String(given).slice(0, 40) }));
  const alignment = given as number;
  const start = Math.ceil(cursor.at / alignment) * alignment;
  for (const tensor of tensors.values()) {
    if (tensor.offset % alignment !== 0 || start + tensor.offset > length)
      damaged(message('hub.ggufHas.outside', { tensor: tensor.name.slice(0, 100) }));
    tensor.offset += start;
  }
  return { metadata, tensors };
}
