/**
 * Quantised weights beside ONNX Runtime itself: a product with the identity, and a table's every row, give the weights.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectCloseToMax } from '../../engine/testing/allclose';
import { ModelError } from '../../shared/errors';
import { dequantise } from '../../shared/quantised';
import { Rng } from '../../shared/rng';
import { bytes, f32le, int, intAttribute, node, raw, str, tensor } from '../testing/protobuf';
import { DataType } from './model';
import { OnnxParser } from './parser';
import { checkQuantised, multiplyExactly, quantisedOf, readQuantised } from './quantised';

const INT64 = 7;
/** Of the largest weight: scale · q and the offset are rounded, where scale · (q − zero point) is rounded once. */
const TOLERANCE = 2e-7;

/** A value's name, type and shape. */
const valueInfo = (name: string, type: number, dims: number[]) => [
  ...str(1, name),
  ...bytes(
    2,
    bytes(1, [
      ...int(1, type),
      ...bytes(
        2,
        dims.flatMap((d) => bytes(1, int(1, d))),
      ),
    ]),
  ),
];

/** A model of one contrib operator that ONNX Runtime takes. */
function modelOf(
  op: string,
  {
    inputs,
    attributes,
    tensors,
    input,
    output,
    before = [],
  }: {
    /** Nodes that make what it reads. */
    before?: number[][];
    inputs: string[];
    attributes: Record<string, number>;
    tensors: number[][];
    input: [type: number, dims: number[]];
    output: number[];
  },
): Uint8Array<ArrayBuffer> {
  const one = node(
    op,
    { name: 'one', inputs, outputs: ['out'] },
    ...Object.entries(attributes).map(([k, v]) => intAttribute(k, v)),
  );
  const graph = [
    ...before.flatMap((made) => bytes(1, made)),
    ...bytes(1, [...one, ...str(7, 'com.microsoft')]),
    ...str(2, 'graph'),
    ...tensors.flatMap((t) => bytes(5, t)),
    ...bytes(11, valueInfo('in', ...input)),
    ...bytes(12, valueInfo('out', DataType.FLOAT, output)),
  ];
  const opset = (domain: string, version: number) => bytes(8, [...str(1, domain), ...int(2, version)]);
  return Uint8Array.from([...int(1, 10), ...bytes(7, graph), ...opset('', 21), ...opset('com.microsoft', 1)]);
}

/** What ONNX Runtime makes of it. */
async function run(model: Uint8Array, data: Float32Array | BigInt64Array, dims: number[]): Promise<Float32Array> {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.wasm.numThreads = 1;
  // transformers.js, where another test has loaded it, names addresses here.
  ort.env.wasm.wasmPaths = undefined;
  ort.env.wasm.wasmBinary = readFileSync('node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm');
  const session = await ort.InferenceSession.create(model);
  const { out } = await session.run({
    in: new ort.Tensor(data instanceof Float32Array ? 'float32' : 'int64', data as Float32Array, dims),
  });
  await session.release();
  return out.data as Float32Array;
}

const rng = new Rng(5);
const random = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(256 * rng.float()));
const scales = (count: number) => f32le(...Array.from({ length: count }, () => rng.uniform(-0.5, 1)));

function ours(model: Uint8Array): { rows: number; width: number; values: Float32Array; symmetric: boolean | null } {
  const graph = new OnnxParser().finish(model);
  const q = quantisedOf(graph.nodes.at(-1)!, graph)!;
  const none = () => new Uint8Array();
  checkQuantised(q, model.length, none);
  const read = readQuantised(q, model, none);
  const blocks = 'scales' in read;
  return {
    rows: q.rows,
    width: q.width,
    values: blocks ? dequantise(read) : read,
    symmetric: blocks ? read.offsets === null : null,
  };
}

describe('MatMulNBits', () => {
  const product = (
    [n, k, bits, block]: readonly [number, number, number, number],
    { zeros = false, level = 0 }: { zeros?: boolean; level?: number } = {},
  ) => {
    const blocks = Math.ceil(k / block);
    const u8 = (name: string, dims: number[], data: Uint8Array) => tensor(name, dims, DataType.UINT8, raw(data));
    const size = (block * bits) / 8;
    return modelOf('MatMulNBits', {
      inputs: ['in', 'B', 'scales', ...(zeros ? ['zeros'] : [])],
      attributes: { K: k, N: n, bits, block_size: block, accuracy_level: level },
      tensors: [
        u8('B', [n, blocks, size], random(n * blocks * size)),
        tensor('scales', [n * blocks], DataType.FLOAT, raw(scales(n * blocks))),
        ...(zeros
          ? [u8('zeros', [n * Math.ceil((blocks * bits) / 8)], random(n * Math.ceil((blocks * bits) / 8)))]
          : []),
      ],
      input: [DataType.FLOAT, [k, k]],
      output: [k, n],
    });
  };
  const identity = (k: number) => Float32Array.from({ length: k * k }, (_, i) => Number(i % (k + 1) === 0));

  it.each([
    { shape: [7, 96, 4, 32], zeros: false },
    { shape: [7, 96, 4, 32], zeros: true },
    { shape: [5, 64, 4, 16], zeros: true },
    { shape: [3, 128, 4, 128], zeros: true },
    { shape: [3, 96, 4, 64], zeros: false },
    { shape: [6, 40, 4, 32], zeros: true },
    { shape: [5, 64, 8, 32], zeros: false },
    { shape: [5, 64, 8, 32], zeros: true },
  ] as const)('[N, K, bits, block] $shape, zero points: $zeros', async ({ shape, zeros }) => {
    const model = product(shape, { zeros });
    const { rows, width, values, symmetric } = ours(model);
    const columns = await run(model, identity(width), [width, width]);
    const expected = Array.from(values, (_, i) => columns[(i % width) * rows + Math.floor(i / width)]);
    expectCloseToMax(values, expected, TOLERANCE);
    // Kept as blocks where a row has a whole number of them; without offsets where there are none.
    expect(symmetric).toBe(width % Math.min(32, shape[3]) === 0 ? !zeros : null);
  });

  it('is computed exactly once the level is taken out of the bytes', async () => {
    const model = product([40, 256, 4, 32], { level: 4 });
    const { width, rows } = ours(model);
    const x = Float32Array.from({ length: width * width }, () => rng.uniform(-1, 1));
    multiplyExactly(new OnnxParser().finish(model));
    const [changed] = new OnnxParser().finish(model).nodes;
    expect(changed.attributes).toEqual(
      new Map(Object.entries({ K: width, N: rows, bits: 4, block_size: 32, accuracy_level: 0 })),
    );
    const exact = await run(model, x, [width, width]);
    const { values } = ours(model);
    const expected = Array.from(exact, (_, i) => {
      const [row, column] = [Math.floor(i / rows), i % rows];
      let sum = 0;
      for (let j = 0; j < width; j++) sum += x[row * width + j] * values[column * width + j];
      return sum;
    });
    expectCloseToMax(exact, expected, 1e-6);
  });
});

describe('GatherBlockQuantized', () => {
  const table = (
    [vocab, width, bits, block]: readonly [number, number, number, number],
    {
      type = DataType.UINT8 as number,
      zeros = false,
      inBlocks = false,
    }: { type?: number; zeros?: boolean; inBlocks?: boolean } = {},
  ) => {
    const blocks = Math.ceil(width / block);
    const packed = type === DataType.UINT8 && bits === 4;
    const zeroBytes =
      type === DataType.UINT8 ? vocab * Math.ceil((blocks * bits) / 8) : Math.ceil((vocab * blocks) / 2);
    const dims = [vocab, packed ? width / 2 : width];
    const stored = inBlocks ? [vocab, blocks, dims[1] / blocks] : dims;
    const shape = raw(new Uint8Array(BigInt64Array.from(dims, BigInt).buffer));
    return modelOf('GatherBlockQuantized', {
      before: inBlocks ? [node('Reshape', { name: 'rows', inputs: ['stored', 'shape'], outputs: ['data'] })] : [],
      inputs: ['data', 'in', 'scales', ...(zeros ? ['zeros'] : [])],
      attributes: { gather_axis: 0, quantize_axis: 1, block_size: block, ...(type === DataType.UINT8 ? { bits } : {}) },
      tensors: [
        tensor(inBlocks ? 'stored' : 'data', stored, type, raw(random((vocab * width * bits) / 8))),
        ...(inBlocks ? [tensor('shape', [2], INT64, shape)] : []),
        tensor('scales', [vocab, blocks], DataType.FLOAT, raw(scales(vocab * blocks))),
        ...(zeros
          ? [tensor('zeros', [vocab, packed ? Math.ceil(blocks / 2) : blocks], type, raw(random(zeroBytes)))]
          : []),
      ],
      input: [INT64, [vocab]],
      output: [vocab, width],
    });
  };

  it.each([
    { shape: [5, 64, 4, 32], type: DataType.UINT8, zeros: false },
    { shape: [5, 96, 4, 32], type: DataType.UINT8, zeros: true },
    { shape: [5, 96, 4, 32], type: DataType.UINT4, zeros: false },
    { shape: [5, 96, 4, 32], type: DataType.UINT4, zeros: true },
    { shape: [5, 96, 4, 32], type: DataType.INT4, zeros: false },
    { shape: [5, 96, 4, 32], type: DataType.INT4, zeros: true },
    { shape: [5, 64, 8, 32], type: DataType.UINT8, zeros: false },
    { shape: [5, 64, 8, 16], type: DataType.UINT8, zeros: true },
    // As the genai builder shares it with the head.
    { shape: [5, 96, 4, 32], type: DataType.UINT8, zeros: true, inBlocks: true },
  ])('[vocab, width, bits, block] $shape, type $type, zero points: $zeros, in blocks: $inBlocks', async (of) => {
    const { shape, ...more } = of;
    const model = table(shape as [number, number, number, number], more);
    const { rows, values } = ours(model);
    const ids = BigInt64Array.from({ length: rows }, (_, i) => BigInt(i));
    expectCloseToMax(values, await run(model, ids, [rows]), TOLERANCE);
  });
});

describe('what is not read', () => {
  const refused = (attributes: Record<string, number>, ...tensors: number[][]) => {
    const model = modelOf('MatMulNBits', {
      inputs: ['in', 'B', 'scales', 'zeros', 'order'].slice(0, 1 + tensors.length),
      attributes: { K: 32, N: 2, bits: 4, block_size: 32, ...attributes },
      tensors,
      input: [DataType.FLOAT, [1, 32]],
      output: [1, 2],
    });
    return () => ours(model);
  };
  const b = tensor('B', [2, 1, 16], DataType.UINT8, raw(random(32)));
  const s = tensor('scales', [2], DataType.FLOAT, raw(scales(2)));
  const z = tensor('zeros', [2], DataType.UINT8, raw(random(2)));
  it('is refused with what it is', () => {
    expect(refused({}, b, s, z)).not.toThrow();
    expect(refused({ bits: 2 }, b, s)).toThrow(/bits 2/);
    expect(refused({ block_size: 48 }, b, s)).toThrow(/block_size 48/);
    expect(refused({}, b)).toThrow(/input 2/);
    expect(refused({}, b, s, z, tensor('order', [32], INT64, raw(random(256))))).toThrow(/g_idx/);
    expect(refused({ K: 2 ** 40 }, b, s)).toThrow(ModelError);
    expect(refused({ N: -1 }, b, s)).toThrow(ModelError);
    expect(refused({}, b, tensor('scales', [2], DataType.UINT8, raw(random(2))))).toThrow(/uint8/);
    expect(refused({}, tensor('B', [2, 1, 16], DataType.UINT8, raw(random(31))), s)).toThrow(/31 bytes/);
    expect(refused({}, b, s, tensor('zeros', [2], DataType.FLOAT, raw(scales(2))))).toThrow(/float32/);
    const typed = bytes(5, new Uint8Array(32).fill(1));
    expect(refused({}, tensor('B', [2, 1, 16], DataType.UINT8, typed), s)).toThrow(/has no raw_data/);
  });
});
