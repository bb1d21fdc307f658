import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../shared/errors';
import { quickly, workMeter } from '../../shared/testing/quickly';
import {
  bytes,
  external,
  f32le,
  int,
  intAttribute,
  intsAttribute,
  model,
  node,
  raw,
  str,
  tensor,
  tensorAttribute,
  varint,
} from '../testing/protobuf';
import type { OnnxGraph } from './model';
import { OnnxParser } from './parser';
import { checkTensor, elementCount, readTensor } from './tensor';

function parse(file: Uint8Array): OnnxGraph {
  const parser = new OnnxParser();
  parser.advance(file, file.length);
  return parser.finish(file);
}

/** Hostile files must fail with a ModelError, fast. */
function refused(file: ArrayLike<number>, pattern?: RegExp, limit = 10): void {
  const work = workMeter();
  let error: unknown;
  try {
    const data = file instanceof Uint8Array ? file : Uint8Array.from(Array.from(file));
    for (const t of parse(data).tensors.values()) {
      checkTensor(t, data.length);
      readTensor(t, data, () => new Uint8Array(0));
    }
  } catch (e) {
    error = e;
  }
  expect(error, 'must be refused').toBeInstanceOf(ModelError);
  if (pattern) expect((error as Error).message).toMatch(pattern);
  expect(work(), 'units of work').toBeLessThan(limit);
}

const GOOD = model({
  nodes: [
    node(
      'MatMul',
      { name: '/a/MatMul', inputs: ['x', 'W'], outputs: ['y'] },
      intAttribute('transB', 1),
      intsAttribute('perm', [1, 0]),
    ),
    node('Constant', { outputs: ['C'] }, tensorAttribute('value', tensor('', [2], 1, raw(f32le(7, 8))))),
    node('Cast', { inputs: ['y'], outputs: ['logits'] }, intAttribute('to', -1)),
  ],
  tensors: [
    tensor('W', [2, 3], 1, raw(f32le(1, 2, 3, 4, 5, 6))),
    tensor('E', [2], 10, external({ location: 'model.onnx_data', offset: '0', length: '4' })),
  ],
});

describe('reading an ONNX file', () => {
  it('finds nodes, attributes, tensors, constants and outputs', () => {
    const graph = parse(GOOD);
    expect(graph.nodes.map((n) => [n.op, n.name, n.inputs, n.outputs])).toEqual([
      ['MatMul', '/a/MatMul', ['x', 'W'], ['y']],
      ['Cast', '', ['y'], ['logits']],
    ]);
    expect([...graph.nodes[0].attributes]).toEqual([
      ['transB', 1],
      ['perm', [1, 0]],
    ]);
    expect(graph.nodes[1].attributes.get('to')).toBe(-1);
    expect(graph.outputs).toEqual(['logits']);
    expect([...readTensor(graph.tensors.get('W')!, GOOD, () => GOOD)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...readTensor(graph.tensors.get('C')!, GOOD, () => GOOD)]).toEqual([7, 8]);
    expect([...graph.tensors.get('E')!.external!]).toEqual([
      ['location', 'model.onnx_data'],
      ['offset', '0'],
      ['length', '4'],
    ]);
  });

  it('gives the same graph whatever the chunks', () => {
    const whole = parse(GOOD);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }), (steps) => {
        const parser = new OnnxParser();
        let n = 0;
        // Each chunk arrives in a new buffer with rubbish behind it, as a growing download has.
        for (const step of steps) {
          n = Math.min(GOOD.length, n + step);
          const partial = new Uint8Array(GOOD.length).fill(0xff);
          partial.set(GOOD.subarray(0, n));
          parser.advance(partial, n);
        }
        expect(parser.finish(GOOD)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('reports nodes while the file is still coming in', () => {
    const seen: string[] = [];
    const parser = new OnnxParser({ onNode: (n) => seen.push(n.op) });
    parser.advance(GOOD, GOOD.indexOf(9 * 8 + 2)); // up to some tensor's data
    expect(seen).toContain('MatMul');
  });

  it('accepts packed dims and steps over unknown fields', () => {
    const odd = [
      ...bytes(1, [...varint(2), ...varint(3)]),
      ...int(2, 1),
      ...str(8, 'P'),
      ...raw(f32le(1, 2, 3, 4, 5, 6)),
      ...bytes(99, [1, 2, 3]),
      ...int(98, 5),
    ];
    expect(parse(model({ nodes: [node('A', { outputs: ['y'] })], tensors: [odd] })).tensors.get('P')!.dims).toEqual([
      2, 3,
    ]);
  });
});

describe('damaged and hostile files', () => {
  it('every truncation is refused', () => {
    for (let n = 0; n < GOOD.length; n++) refused(GOOD.subarray(0, n));
  });

  it('changed bytes never do more than throw a ModelError', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: GOOD.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 5,
        }),
        (changes) => {
          const file = GOOD.slice();
          for (const [at, value] of changes) file[at] = value;
          try {
            for (const t of parse(file).tensors.values()) {
              checkTensor(t, file.length);
              if (!t.external) readTensor(t, file, () => file);
            }
          } catch (error) {
            if (!(error instanceof ModelError)) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('random bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (file) => {
        expect(() => parse(file)).toThrow(ModelError);
      }),
      { numRuns: 2000 },
    );
  });

  it('numbers that do not end, and lengths beyond the message', () => {
    refused(new Array(64).fill(0xff), /does not end|impossible/);
    refused([0x38, ...new Array(20).fill(0x80)], /does not end/);
    refused([...varint(7 * 8 + 2), ...varint(2 ** 40)]);
    refused([...varint(7 * 8 + 2), ...varint(-1)], /claims/);
    refused([...varint(7 * 8 + 2), 4, ...varint(1 * 8 + 2), 100, 0, 0], /more than the graph/);
    refused([...varint(7 * 8 + 2), ...varint(2 ** 60)], /claims/);
    refused(bytes(7, bytes(1, [2 * 8 + 5, 0, 0])), /does not end/);
    refused([0x3b, 0x3c], /wire type/);
    refused([0, 0, 0], /impossible field/);
  });

  it('huge, negative and misfitting dimensions; too many of anything', () => {
    const one = (t: number[]) => model({ nodes: [node('A', { outputs: ['y'] })], tensors: [t] });
    refused(one(tensor('W', [2 ** 31, 2 ** 31], 1, raw([]))), /has the shape/);
    refused(one(tensor('W', [-1], 1, raw(f32le(1)))), /shape/);
    refused(one(tensor('W', [0, 2 ** 40], 1, raw([]))), /shape/);
    refused(one(tensor('W', [3], 1, raw(f32le(1, 2)))), /8 bytes for the shape \[3\]/);
    refused(one(tensor('W', new Array(9).fill(1), 1, raw(f32le(1)))), /more than 8 dimensions/);
    refused(one(tensor('W', [1], 1, raw(f32le(1)), raw(f32le(2)))), /twice/);
    refused(one(tensor('W', [1], 1, raw(f32le(1)), bytes(4, f32le(1)))), /4 bytes for the shape \[1\]/);
    refused(one(tensor('W', [1], 1, bytes(4, f32le(1)), bytes(5, [0]))), /twice/);
    refused(one(tensor('W', [1], 1)), /has no float_data/);
    refused(one(tensor('W', [2 ** 20], 10, [42, 0])), /0 bytes of int32_data/);
    refused(one(tensor('W', [1], 1, [4 * 8 + 5, ...f32le(1)])), /stores float_data unpacked/);
    refused(one(tensor('W', [1], 10, int(5, 1))), /stores int32_data unpacked/);
    const entries = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`key${i}`, '1']));
    refused(one(tensor('W', [1], 1, external(entries))), /too many external_data/);
    refused(one(str(8, 'x'.repeat(5000))), /a name of 5000 bytes/);
    refused(
      model({
        nodes: [node('A', { outputs: ['y'] })],
        tensors: [tensor('W', [1], 1, raw(f32le(1))), tensor('W', [1], 1, raw(f32le(1)))],
      }),
      /two tensors/,
    );
    refused(
      model({ nodes: [node('A', { inputs: new Array(5000).fill('x'), outputs: ['y'] })] }),
      /more than 4096 inputs/,
    );
    refused(model({}), /no graph/);
    refused([...GOOD, ...GOOD], /two graphs/);
  });

  it('16-bit values that are none, are too large, too many or too few', () => {
    const two = (...data: number[]) =>
      model({ nodes: [node('A', { outputs: ['y'] })], tensors: [tensor('W', [2], 10, bytes(5, data))] });
    refused(two(0x80, 0x80, 0x80, 1), /no 16-bit number/);
    refused(two(0xff, 0xff, 7, 1), /too many or too large/);
    refused(two(1, 1, 1), /too many or too large/);
    refused(two(0x81, 0x81, 1), /2 of 4 bytes/);
  });

  it('values that lie behind the end of the file', () => {
    const { tensors } = parse(GOOD);
    const { offset, length } = tensors.get('W')!.raw!;
    expect(() => checkTensor(tensors.get('W')!, offset + length)).not.toThrow();
    expect(() => checkTensor(tensors.get('W')!, offset + length - 1)).toThrow(/outside the file/);
  });

  it.each([
    ['empty nodes', [], /without an operator/],
    ['tiny nodes', str(4, 'A'), /more than 40000 nodes/],
  ])('a flood of %s ends early', (_, body, pattern) => {
    const one = bytes(1, body);
    const flood = new Uint8Array(10_000_000);
    const header = [...varint(7 * 8 + 2), ...varint(flood.length - 6)];
    flood.set(header);
    for (let i = header.length; i + one.length <= flood.length; i += one.length) flood.set(one, i);
    // Valid nodes cannot be told from a flood before there are too many: bounded, a few µs each.
    refused(flood, pattern, 50);
  });

  it('counts elements without overflow', () => {
    expect(elementCount({ name: '', dims: [], dataType: 1, raw: null, typed: null, external: null })).toBe(1);
  });

  const truncated = '../shared/models/minilm-l6-tokenizer-and-TRUNCATED-graph/onnx/model_quantized.TRUNCATED.onnx';
  it.skipIf(!existsSync(truncated))(`a real truncated download (skipped without ${truncated})`, async () => {
    const file = readFileSync(truncated);
    await quickly(async () => refused(file, /ends after 2695168 bytes/, Infinity));
  });
});

it('a file of 64 MB costs no more: fields that nobody knows are counted', async () => {
  const file = new Uint8Array(64 << 20);
  // Pairs of (field 15, a number), two bytes each.
  for (let i = 0; i < file.length; i += 2) file[i] = 15 * 8;
  await quickly(async () => refused(file, /more than 1000000 fields/, Infinity));
});

it('a list that is too long, and a tensor too many, are refused before the rest of the file has come', () => {
  const open = (field: number, length: number) => [...varint(field * 8 + 2), ...varint(length)];
  // A tensor whose packed dimensions take a gigabyte, of which nothing is there yet.
  const begun = Uint8Array.from([...open(7, 2 ** 31), ...open(5, 2 ** 30 + 100), ...open(1, 2 ** 30)]);
  expect(() => new OnnxParser().advance(begun, begun.length)).toThrow(/1073741824/);

  const tensors = Array.from({ length: 40_001 }, (_, i) => tensor(String(i), [], 1));
  expect(() => parse(Uint8Array.from(model({ nodes: [node('A', { outputs: ['y'] })], tensors })))).toThrow(
    /more than 40000 tensors/,
  );
});
