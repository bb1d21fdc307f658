import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LENGTH_BYTES, headLength, pack, unpack, unpackPlain } from './pack';

const joined = (parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const roundTrip = (value: unknown) => unpack(joined(pack(value)));

test('typed arrays, buffers and numbers that JSON does not know come back bit for bit', () => {
  const f32 = new Float32Array([1 / 3, NaN, -0, Infinity, 1e-45]);
  const value = {
    f32,
    f64: new Float64Array([Math.PI]),
    i32: Int32Array.of(-1, 2 ** 31 - 1),
    u32: Uint32Array.of(2 ** 32 - 1),
    u8: Uint8Array.of(1, 2, 3),
    bytes: Uint8Array.of(9, 8, 7).buffer,
    part: f32.subarray(1, 3),
    empty: new Uint32Array(0),
    numbers: [NaN, Infinity, -Infinity, -0, 0, 0.1],
    text: 'Tom’s 帽子 \ud83d\ude00',
    none: null,
    nested: [{ a: [true] }],
  };
  expect(roundTrip(value)).toStrictEqual(value);
  expect(Object.is((roundTrip(value) as typeof value).numbers[3], -0)).toBe(true);
});

test('any plain value comes back; whatever the offset of its bytes', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }).filter((v) => !JSON.stringify(v).includes('"$"')),
      fc.float32Array(),
      fc.nat(9),
      (json, array, offset) => {
        const bytes = joined(pack({ json, array }));
        const moved = new Uint8Array(bytes.length + offset);
        moved.set(bytes, offset);
        expect(unpack(moved.subarray(offset))).toStrictEqual({ json, array });
      },
    ),
  );
});

test('what cannot be packed says so, and bytes that are no packed value too', () => {
  expect(() => pack({ m: new Map() })).toThrow('Map');
  expect(() => pack({ f: () => 1 })).toThrow('function');
  expect(() => pack({ $: 'f32' })).toThrow('$');
  const bytes = joined(pack({ a: new Float32Array(100) }));
  expect(() => unpack(new Uint8Array(0))).toThrow(RangeError);
  expect(() => unpack(bytes.subarray(0, bytes.length - 8) as Uint8Array<ArrayBuffer>)).toThrow('cut off');
  expect(() => unpack(bytes.subarray(0, 8) as Uint8Array<ArrayBuffer>)).toThrow('cut off');
});

test('a field without arrays is read by what comes before the arrays', () => {
  const bytes = joined(pack({ info: { step: 3, loss: NaN, names: ['é'] }, state: new Float32Array(100) }));
  const start = bytes.slice(0, LENGTH_BYTES);
  const head = bytes.slice(0, headLength(start));
  expect(head.length).toBeLessThan(bytes.length - 400 + 1);
  expect(unpackPlain(head, 'info')).toEqual({ step: 3, loss: NaN, names: ['é'] });
  expect(() => unpackPlain(head, 'state')).toThrow('cut off');
  expect(() => headLength(start.subarray(0, 3))).toThrow(RangeError);
});
