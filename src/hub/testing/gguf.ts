/** A GGUF writer for tests: right files and hostile ones. */

const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
export const u64 = (value: number): number[] => [...u32((value % 2 ** 32) | 0), ...u32(Math.floor(value / 2 ** 32))];
export const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value);
  return [...u64(bytes.length), ...bytes];
};

/** The number of a value's type. Whole numbers are u32, others f32, and so is what comes as one. */
function typeOf(value: unknown): number {
  if (value instanceof Float32Array) return 6;
  if (Array.isArray(value) || value instanceof Int32Array) return 9;
  if (typeof value === 'string') return 8;
  if (typeof value === 'boolean') return 7;
  return Number.isInteger(value) && (value as number) >= 0 ? 4 : 6;
}

/** A value of metadata, without its type. */
function value(given: unknown): number[] {
  if (given instanceof Int32Array) return [...u32(5), ...u64(given.length), ...new Uint8Array(given.buffer)];
  if (Array.isArray(given)) {
    const out = [...u32(typeOf(given[0])), ...u64(given.length)];
    for (const item of given) for (const byte of value(item)) out.push(byte);
    return out;
  }
  if (typeof given === 'string') return text(given);
  if (typeof given === 'boolean') return [Number(given)];
  const number = given instanceof Float32Array ? given[0] : (given as number);
  return typeOf(given) === 4 ? u32(number) : [...new Uint8Array(Float32Array.of(number).buffer)];
}

export interface TensorParts {
  name: string;
  /** As PyTorch has it. */
  shape: number[];
  type: number;
  bytes: Uint8Array;
}

/** Bytes of a tensor and of what fills up to the next. */
export const padded = (length: number): number => Math.ceil(length / 32) * 32;

/** All that comes before the tensors' bytes, each of which takes as many as `padded` says. */
export function ggufHead(
  metadata: Record<string, unknown>,
  tensors: readonly (Omit<TensorParts, 'bytes'> & { length: number })[],
): Uint8Array<ArrayBuffer> {
  const head = [...new TextEncoder().encode('GGUF'), ...u32(3), ...u64(tensors.length)];
  const put = (bytes: number[]) => {
    for (const byte of bytes) head.push(byte);
  };
  put(u64(Object.keys(metadata).length));
  for (const [key, given] of Object.entries(metadata)) {
    put([...text(key), ...u32(typeOf(given))]);
    put(value(given));
  }
  let offset = 0;
  for (const { name, shape, type, length } of tensors) {
    put([...text(name), ...u32(shape.length), ...shape.toReversed().flatMap(u64), ...u32(type), ...u64(offset)]);
    offset += padded(length);
  }
  const out = new Uint8Array(padded(head.length));
  out.set(head);
  return out;
}

/** A whole file. Lists of fractions must not begin with a whole number. */
export function gguf(metadata: Record<string, unknown>, tensors: TensorParts[] = []): Uint8Array<ArrayBuffer> {
  const head = ggufHead(
    metadata,
    tensors.map(({ bytes, ...tensor }) => ({ ...tensor, length: bytes.length })),
  );
  const out = new Uint8Array(tensors.reduce((length, { bytes }) => length + padded(bytes.length), head.length));
  out.set(head);
  let at = head.length;
  for (const { bytes } of tensors) {
    out.set(bytes, at);
    at += padded(bytes.length);
  }
  return out;
}
