/**
 * The safetensors format: u64 header length, a JSON header {name: {dtype, shape, data_offsets}}, then the bytes.
 * Source of the layout: the format's description at huggingface.co/docs/safetensors.
 */
import { type Message, message } from '../shared/message';
import { AdapterError, ModelError } from '../shared/errors';
import type { ValueType } from '../shared/exports';
import { type ByteFile, inMemory } from './byteFile';
import { type RowRange, floatsOf } from '../shared/quantised';
import { bf16ToF32, bytesAs, f32Copy, floatBytes, halvesOf } from './floats';

export interface NamedTensor {
  name: string;
  shape: number[];
  /** Row-major. */
  data: Float32Array;
}

export interface SafetensorsFile {
  names: string[];
  metadata: Record<string, string>;
  shape(name: string): number[];
  /** @throws {ModelError | AdapterError} where a tensor's values are of a type that is not read */
  checkType(name: string): void;
  /** A copy as f32; throws for a name the file does not have. */
  get(name: string): NamedTensor;
  /** Some rows of it, all unless they are named: the bits of f16 as they are, others as f32. */
  stored(name: string, rows?: RowRange): Float32Array | Uint16Array;
}

/** A model of 400 billion values has 200 KB. Larger ones would take longer to read than a hostile file may. */
const MAX_HEADER = 2 << 20;
/** What comes before the header: its length. */
export const LENGTH_BYTES = 8;
const MAX_TENSORS = 20_000;
const BYTES: Record<string, number> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  F64: 8,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** Types whose values are read. */
const READERS = new Map<string, (raw: Uint8Array) => Float32Array | Uint16Array>([
  ['F32', f32Copy],
  ['F16', halvesOf],
  ['BF16', bf16ToF32],
]);

interface Entry {
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/** Bytes of length and header, by a file's first `LENGTH_BYTES`; no more than a header may have. */
export function headBytes(start: Uint8Array): number {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return LENGTH_BYTES + Math.min(MAX_HEADER, view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32);
}

/**
 * Opens a safetensors file in memory; nothing is copied until `get`.
 * @param what how to call the file in messages; `kind` picks the error: a model's file or an adapter's.
 * @throws {ModelError | AdapterError} on a damaged or hostile file.
 */
export const readSafetensors = (
  bytes: Uint8Array,
  what = 'model.safetensors',
  kind: 'model' | 'adapter' = 'model',
): SafetensorsFile => openSafetensors(inMemory(bytes), what, kind);

/** The same of a file of which only length and header are looked at until `get`. */
export function openSafetensors(file: ByteFile, what: string, kind: 'model' | 'adapter' = 'model'): SafetensorsFile {
  const fail = (why: Message): never => {
    const ErrorClass = kind === 'adapter' ? AdapterError : ModelError;
    throw new ErrorClass(message('hub.safetensors', { file: what, what: why }));
  };
  if (file.length < LENGTH_BYTES) fail(message('hub.safetensorsHas.short'));
  const start = file.read(0, LENGTH_BYTES);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  const body = LENGTH_BYTES + length;
  if (length > MAX_HEADER || body > file.length)
    fail(message('hub.safetensorsHas.header', { bytes: length, of: file.length }));
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.read(LENGTH_BYTES, body)));
  } catch (error) {
    fail(message('hub.safetensorsHas.notJson', { why: (error as Error).message }));
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    fail(message('hub.safetensorsHas.noObject'));
  // Before any of them is looked at: that costs as much again as parsing did.
  if (Object.keys(header as object).length > MAX_TENSORS)
    fail(message('hub.safetensorsHas.manyTensors', { most: MAX_TENSORS }));
  const bodyLength = file.length - body;
  const entries = new Map<string, Entry>();
  const metadata: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(header as object)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries((value ?? {}) as object))
        if (typeof text === 'string') metadata[key] = text;
    } else {
      entries.set(name, checkEntry(name, value, bodyLength, fail));
    }
  }
  // In order of their offsets, tensors must follow one another and fill the file: no overlap, no gap.
  let expected = 0;
  for (const [name, entry] of [...entries].sort((a, b) => a[1].begin - b[1].begin || a[1].end - b[1].end)) {
    if (entry.begin !== expected)
      fail(message(entry.begin < expected ? 'hub.safetensorsHas.overlap' : 'hub.safetensorsHas.gap', { tensor: name }));
    expected = entry.end;
  }
  if (expected !== bodyLength) fail(message('hub.safetensorsHas.cover', { bytes: expected, of: bodyLength }));

  const entry = (name: string): Entry =>
    entries.get(name) ?? fail(message('hub.safetensorsHas.noTensor', { tensor: name }));
  const readerOf = (name: string) => {
    const { dtype } = entry(name);
    return READERS.get(dtype) ?? fail(message('hub.safetensorsHas.unreadable', { tensor: name, type: dtype }));
  };
  const stored = (name: string, rows?: RowRange) => {
    const { shape, begin, end } = entry(name);
    const row = (end - begin) / shape[0];
    const [from, to] = rows ? [begin + rows.first * row, begin + (rows.first + rows.count) * row] : [begin, end];
    return readerOf(name)(file.read(body + from, body + to));
  };
  return {
    names: [...entries.keys()],
    metadata,
    shape: (name) => [...entry(name).shape],
    checkType: (name) => void readerOf(name),
    stored,
    get: (name) => ({ name, shape: [...entry(name).shape], data: floatsOf(stored(name)) }),
  };
}

function checkEntry(name: string, value: unknown, size: number, fail: (why: Message) => never): Entry {
  const shown = name.slice(0, 100);
  if (typeof value !== 'object' || value === null) fail(message('hub.safetensorsHas.noDescription', { tensor: shown }));
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype))
    fail(message('hub.safetensorsHas.type', { tensor: shown, type: String(JSON.stringify(dtype)).slice(0, 40) }));
  const whole = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  if (!Array.isArray(shape) || shape.length > 8 || !shape.every(whole))
    fail(message('hub.safetensorsHas.shape', { tensor: shown }));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole))
    fail(message('hub.safetensorsHas.offsets', { tensor: shown }));
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > size) fail(message('hub.safetensorsHas.outside', { tensor: shown }));
  const elements = (shape as number[]).reduce((a, b) => a * b, 1);
  if (elements * BYTES[dtype as string] !== end - begin)
    fail(message('hub.safetensorsHas.misfit', { tensor: shown, bytes: end - begin }));
  return { dtype: dtype as string, shape: shape as number[], begin, end };
}

/** A tensor that is to be written. */
export interface TensorHead {
  name: string;
  type: ValueType;
  shape: readonly number[];
}

/** Bytes of its values. */
export const tensorBytes = ({ type, shape }: TensorHead): number => shape.reduce((a, b) => a * b, 1) * floatBytes(type);

/**
 * What comes before the values of these tensors, which follow in this order, without gaps.
 * @param metadata e.g. {format: 'pt'}, which PEFT and transformers expect.
 * @throws {AdapterError} for a name that is there twice
 */
export function safetensorsHead(
  tensors: readonly TensorHead[],
  metadata: Record<string, string> = { format: 'pt' },
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [['__metadata__', metadata]];
  const names = new Set<string>();
  let offset = 0;
  for (const tensor of tensors) {
    const { name, type, shape } = tensor;
    if (names.has(name) || name === '__metadata__')
      throw new AdapterError(message('hub.write.twice', { tensor: name }));
    names.add(name);
    const end = offset + tensorBytes(tensor);
    entries.push([name, { dtype: type, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Padded with spaces so that the tensors start on a multiple of 8.
  const length = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  const view = new DataView(out.buffer);
  view.setUint32(0, length, true);
  view.setUint32(4, 0, true);
  out.set(json, LENGTH_BYTES);
  return out;
}

/** Writes tensors as F32, in the order given. @throws {AdapterError} where values and shape do not fit */
export function writeSafetensors(tensors: NamedTensor[], metadata?: Record<string, string>): Uint8Array {
  for (const { name, shape, data } of tensors) {
    if (shape.reduce((a, b) => a * b, 1) !== data.length)
      throw new AdapterError(
        message('hub.write.values', { tensor: name, values: data.length, dims: shape.join(', ') }),
      );
  }
  const head = safetensorsHead(
    tensors.map(({ name, shape }) => ({ name, shape, type: 'F32' as const })),
    metadata,
  );
  const out = new Uint8Array(tensors.reduce((sum, { data }) => sum + data.byteLength, head.length));
  out.set(head);
  let position = head.length;
  for (const { data } of tensors) {
    out.set(bytesAs('F32', data), position);
    position += data.byteLength;
  }
  return out;
}
