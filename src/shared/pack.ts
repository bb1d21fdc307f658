/**
 * Plain values with typed arrays in them, as bytes and back, bit for bit: JSON for the structure, the arrays' own bytes
 * behind it. For files that this page alone writes and reads; whoever stores them adds a checksum.
 *
 * Layout: u32 length of the JSON, the JSON padded to 8 bytes, then the arrays, each on an 8-byte boundary. In the JSON
 * an array is `{"$": kind, "at": offset, "n": elements}`; NaN, ±Infinity and −0, which JSON does not know, are `{"$":
 * "NaN"}` and the like.
 */
const ARRAYS = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bytes: ArrayBuffer,
} as const;
type Kind = keyof typeof ARRAYS;
type Packable = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | ArrayBuffer;
const KINDS = Object.keys(ARRAYS) as Kind[];
const NUMBERS: Record<string, number> = { NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 };
const padded = (n: number) => Math.ceil(n / 8) * 8;

/**
 * @returns the parts whose concatenation is the packed value; large arrays are views, not copies.
 * @throws {TypeError} for what cannot be packed: functions, class instances, maps, objects with a key `$`.
 */
export function pack(value: unknown): Uint8Array<ArrayBuffer>[] {
  const arrays: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  const encode = (v: unknown): unknown => {
    if (typeof v === 'number') {
      const special = Object.keys(NUMBERS).find((name) => Object.is(NUMBERS[name], v));
      return special === undefined ? v : { $: special };
    }
    if (v === null || v === undefined || typeof v === 'string' || typeof v === 'boolean') return v;
    if (Array.isArray(v)) return v.map((x) => encode(x) ?? null);
    if (typeof v !== 'object') throw new TypeError(`a ${typeof v} cannot be packed`);
    const kind = KINDS.find((k) => v instanceof ARRAYS[k]);
    if (kind) {
      const array = v as Packable;
      const bytes =
        array instanceof ArrayBuffer
          ? new Uint8Array(array)
          : new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
      const ref = { $: kind, at, n: array instanceof ArrayBuffer ? bytes.length : array.length };
      arrays.push(bytes, new Uint8Array(padded(bytes.length) - bytes.length));
      at += padded(bytes.length);
      return ref;
    }
    const proto: unknown = Object.getPrototypeOf(v);
    if (proto !== Object.prototype && proto !== null)
      throw new TypeError(`a ${(v as object).constructor.name} cannot be packed`);
    if (Object.hasOwn(v, '$')) throw new TypeError('a key named $ cannot be packed');
    return Object.fromEntries(Object.entries(v).map(([key, x]) => [key, encode(x)]));
  };
  const json = new TextEncoder().encode(JSON.stringify(encode(value)));
  const head = new Uint8Array(padded(4 + json.length));
  new DataView(head.buffer).setUint32(0, json.length, true);
  head.set(json, 4);
  return [head, ...arrays];
}

/** Bytes that tell how long the JSON is. */
export const LENGTH_BYTES = 4;

/** Bytes before the arrays, by a packed value's first `LENGTH_BYTES`. */
export function headLength(start: Uint8Array<ArrayBuffer>): number {
  if (start.length < LENGTH_BYTES) throw new RangeError('it is empty');
  return padded(LENGTH_BYTES + new DataView(start.buffer, start.byteOffset).getUint32(0, true));
}

/**
 * A field of a packed object that has no arrays, by all that comes before them.
 * @throws {RangeError} when the bytes are not that, or the field refers to arrays
 */
export const unpackPlain = (head: Uint8Array<ArrayBuffer>, field: string): unknown =>
  decodeWith(head, (value) => (value as Record<string, unknown>)[field]);

/**
 * The counterpart of `pack`. Arrays are views of `bytes`, so its buffer stays alive with them; `bytes` is copied where
 * it does not start on an 8-byte boundary.
 * @throws {RangeError} when the bytes are not a packed value.
 */
export const unpack = (packed: Uint8Array<ArrayBuffer>): unknown => decodeWith(packed, (value) => value);

/** @param part what of the JSON is decoded */
function decodeWith(packed: Uint8Array<ArrayBuffer>, part: (json: unknown) => unknown): unknown {
  const bytes = packed.byteOffset % 8 === 0 ? packed : packed.slice();
  const base = headLength(bytes);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (base > bytes.length) throw new RangeError('its head is cut off');
  const decode = (v: unknown): unknown => {
    if (typeof v !== 'object' || v === null) return v;
    if (Array.isArray(v)) return v.map(decode);
    if (!Object.hasOwn(v, '$')) return Object.fromEntries(Object.entries(v).map(([key, x]) => [key, decode(x)]));
    const { $, at, n } = v as { $: string; at: number; n: number };
    if (Object.hasOwn(NUMBERS, $)) return NUMBERS[$];
    const kind = KINDS.find((k) => k === $);
    if (!kind || !Number.isInteger(at) || !Number.isInteger(n) || at < 0 || n < 0 || at % 8 !== 0)
      throw new RangeError('it refers to something unknown');
    const size = n * (kind === 'bytes' ? 1 : ARRAYS[kind].BYTES_PER_ELEMENT);
    if (base + at + size > bytes.length) throw new RangeError('an array is cut off');
    const from = bytes.byteOffset + base + at;
    return kind === 'bytes' ? bytes.buffer.slice(from, from + size) : new ARRAYS[kind](bytes.buffer, from, n);
  };
  const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  return decode(part(JSON.parse(json)));
}
