import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError, ModelError } from '../shared/errors';
import { quickly } from '../shared/testing/quickly';
import { readSafetensors, writeSafetensors } from './safetensors';

function file(header: unknown, body: number[] | Uint8Array = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + body.length);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 8);
  out.set(body, 8 + json.length);
  return out;
}

describe('safetensors', () => {
  it('writes what it reads', () => {
    const tensors = [
      { name: 'a.lora_A.weight', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 1e-40, Infinity, -0) },
      { name: '7', shape: [1], data: Float32Array.of(Math.fround(0.1)) },
      { name: '__proto__', shape: [0, 4], data: new Float32Array(0) },
    ];
    const bytes = writeSafetensors(tensors, { format: 'pt' });
    const read = readSafetensors(bytes);
    expect(read.metadata.format).toBe('pt');
    for (const t of tensors) expect(read.get(t.name)).toEqual(t);
    expect(new Set(read.names)).toEqual(new Set(tensors.map((t) => t.name)));
    expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
    expect(() => read.get('b')).toThrow(/no tensor "b"/);
  });

  it('reads f16 and bf16 exactly', () => {
    const read = readSafetensors(
      file(
        {
          h: { dtype: 'F16', shape: [4], data_offsets: [0, 8] },
          b: { dtype: 'BF16', shape: [2], data_offsets: [8, 12] },
        },
        [0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc, 0x80, 0x3f, 0x00, 0xc0],
      ),
    );
    expect([...read.get('h').data]).toEqual([1, 2 ** -24, 65504, -Infinity]);
    expect([...read.get('b').data]).toEqual([1, -2]);
  });

  it.each([
    ['too short', Uint8Array.of(1, 2, 3), /too short/],
    ['a header beyond the file', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255), /claims/],
    ['not JSON', file('{"a":'), /not JSON/],
    ['an array', file([]), /not an object/],
    ['out of range', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }), /outside the file/],
    ['offsets backwards', file({ a: { dtype: 'F32', shape: [0], data_offsets: [4, 0] } }, [0, 0, 0, 0]), /outside/],
    [
      'overlap',
      file(
        {
          a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
          b: { dtype: 'F32', shape: [1], data_offsets: [2, 6] },
        },
        new Uint8Array(6),
      ),
      /overlaps/,
    ],
    ['a gap', file({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, new Uint8Array(8)), /gap/],
    [
      'bytes left over',
      file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, new Uint8Array(8)),
      /cover 4 of 8/,
    ],
    [
      'a wrong shape',
      file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 4] } }, new Uint8Array(4)),
      /does not fit/,
    ],
    [
      'huge dims',
      file({ a: { dtype: 'F32', shape: [2 ** 52, 2 ** 52], data_offsets: [0, 4] } }, new Uint8Array(4)),
      /does not fit/,
    ],
    [
      'many dims',
      file({ a: { dtype: 'F32', shape: new Array(100).fill(1), data_offsets: [0, 4] } }, new Uint8Array(4)),
      /no valid shape/,
    ],
    [
      'an unknown type',
      file({ a: { dtype: 'constructor', shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4)),
      /unknown type/,
    ],
    ['no description', file({ a: null }), /no description/],
  ])('refuses %s', (_, bytes, pattern) => {
    expect(() => readSafetensors(bytes)).toThrow(pattern);
    expect(() => readSafetensors(bytes)).toThrow(ModelError);
    expect(() => readSafetensors(bytes, 'adapter_model.safetensors', 'adapter')).toThrow(AdapterError);
  });

  it('truncations and changed bytes give typed errors', () => {
    const good = writeSafetensors([
      { name: 'a', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { name: 'b', shape: [3], data: Float32Array.of(5, 6, 7) },
    ]);
    for (let n = 0; n < good.length; n++) expect(() => readSafetensors(good.subarray(0, n))).toThrow(ModelError);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = good.slice();
        changed[at] = value;
        try {
          const read = readSafetensors(changed);
          read.names.forEach((name) => read.get(name));
        } catch (error) {
          if (!(error instanceof ModelError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses to write a tensor whose shape is wrong, or one name twice', () => {
    const data = new Float32Array(4);
    expect(() => writeSafetensors([{ name: 'a', shape: [3], data }])).toThrow(AdapterError);
    expect(() =>
      writeSafetensors([
        { name: 'a', shape: [4], data },
        { name: 'a', shape: [4], data },
      ]),
    ).toThrow(/twice/);
  });

  const f32 = '../shared/models/tinystories-656k-llama/model.safetensors';
  it.skipIf(!existsSync(f32))(`a real f32 file (skipped without ${f32})`, () => {
    const read = readSafetensors(readFileSync(f32));
    expect(read.names).toContain('lm_head.weight');
    expect(read.get('lm_head.weight').data.every(Number.isFinite)).toBe(true);
  });
});

it('a file of 64 MB costs no more than a small one', async () => {
  const large = new Uint8Array(64 << 20);
  new DataView(large.buffer).setUint32(0, 5 << 20, true);
  const refusal = async () => {
    try {
      readSafetensors(large);
      return 'read';
    } catch (error) {
      return error instanceof ModelError ? error.message : `untyped: ${String(error)}`;
    }
  };
  expect(await quickly(refusal)).toMatch(/its header claims 5242880 bytes/);
  // As many tensors as the longest header holds.
  const one = '":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},';
  const header = `{${Array.from({ length: 30_000 }, (_, i) => `"${i}${one}`).join('')}"z":0}`;
  expect(header.length).toBeLessThan(2 << 20);
  const many = file(header);
  large.set(many.subarray(0, 8 + header.length));
  expect(await quickly(refusal)).toMatch(/more than 20000 tensors/);
});
