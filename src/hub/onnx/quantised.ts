/**
 * Quantised weights of ONNX Runtime's contrib operators, as blocks: MatMulNBits (B [N, ⌈K / block⌉, block · bits / 8],
 * the lower half of a byte first along K) and GatherBlockQuantized (a table [rows, width] of numbers of 4 or 8 bits).
 * Layout: docs/ContribOperators.md of ONNX Runtime. A weight is scale · (q − zero point).
 */
import { ModelError } from '../../shared/errors';
import { message } from '../../shared/message';
import { type RowRange, dequantise, floatsOf } from '../../shared/quantised';
import type { QuantisedBlocks } from '../../shared/types';
import { DataType, type OnnxGraph, type OnnxNode, type OnnxTensor, typeName } from './model';
import { damaged } from './parser';
import { checkStored, checkTensor, elementCount, rawBytes, readValues } from './tensor';

/** A quantised matrix [rows, width] in a graph: where its parts are, not yet looked at. */
export interface QuantisedTensor {
  rows: number;
  width: number;
  bits: 4 | 8;
  /** Values that share a scale; the last block of a row may be a part. */
  block: number;
  values: OnnxTensor;
  scales: OnnxTensor;
  zeros: OnnxTensor | null;
}

/** Finds the bytes of a data file. */
type External = (location: string) => Uint8Array;

const BLOCKS = [16, 32, 64, 128, 256];
/** What the table's numbers are kept as; MatMulNBits has bytes only. */
const NIBBLES: readonly number[] = [DataType.UINT4, DataType.INT4];

function unsupported(node: OnnxNode, what: string): never {
  throw new ModelError(message('hub.graph.quantisedAs', { node: node.name, op: node.op, what }));
}

/** What each Reshape of a graph reads, by its output. */
const shapedBy = new WeakMap<OnnxGraph, Map<string, string>>();

/**
 * A constant, maybe by way of a Reshape: a table that the head shares lies there in blocks, [vocab, blocks, bytes of
 * one].
 */
function constantOf(name: string, graph: OnnxGraph): OnnxTensor | undefined {
  const { tensors, nodes } = graph;
  if (tensors.has(name)) return tensors.get(name);
  let shaped = shapedBy.get(graph);
  if (!shaped) {
    shaped = new Map(nodes.flatMap(({ op, inputs, outputs }) => (op === 'Reshape' ? [[outputs[0], inputs[0]]] : [])));
    shapedBy.set(graph, shaped);
  }
  return tensors.get(shaped.get(name) ?? '');
}

/** Whether a node computes with quantised weights. */
export const isQuantised = ({ op }: OnnxNode): boolean => op === 'MatMulNBits' || op === 'GatherBlockQuantized';

/**
 * The weight of a node that computes with quantised ones.
 * @throws {ModelError} for a layout that is not read
 */
export function quantisedOf(node: OnnxNode, graph: OnnxGraph): QuantisedTensor | null {
  if (!isQuantised(node)) return null;
  const attribute = (name: string, usual: number) => {
    const value = node.attributes.get(name) ?? usual;
    return typeof value === 'number' ? value : unsupported(node, name);
  };
  const table = node.op === 'GatherBlockQuantized';
  const [valuesAt, scalesAt, zerosAt] = table ? [0, 2, 3] : [1, 2, 3];
  const tensor = (at: number) => constantOf(node.inputs[at] ?? '', graph) ?? unsupported(node, `input ${at}`);
  const [values, scales] = [tensor(valuesAt), tensor(scalesAt)];
  const zeros = node.inputs[zerosAt] ? tensor(zerosAt) : null;
  const bits = NIBBLES.includes(values.dataType) ? 4 : attribute('bits', 4);
  const block = attribute('block_size', table ? 128 : 32);
  if (bits !== 4 && bits !== 8) unsupported(node, `bits ${bits}`);
  if (!BLOCKS.includes(block)) unsupported(node, `block_size ${block}`);
  if (table) {
    if (attribute('gather_axis', 0) !== 0 || ![1, -1].includes(attribute('quantize_axis', 1)) || values.dims.length < 2)
      unsupported(node, 'axes');
    const [rows, ...inRow] = values.dims;
    const columns = inRow.reduce((a, b) => a * b, 1);
    const width = values.dataType === DataType.UINT8 && bits === 4 ? 2 * columns : columns;
    return { rows, width, bits, block, values, scales, zeros };
  }
  if (node.inputs[4]) unsupported(node, 'g_idx');
  return { rows: attribute('N', 0), width: attribute('K', 0), bits, block, values, scales, zeros };
}

/**
 * Whether all parts have the size that [rows, width] asks for, and lie in their files. Nothing is read.
 * @throws {ModelError}
 */
export function checkQuantised(q: QuantisedTensor, fileLength: number, external?: External): void {
  const { rows, width, bits, block, values, scales, zeros } = q;
  const blocks = Math.ceil(width / block);
  const size = (tensor: OnnxTensor, ...wanted: number[]) => {
    if (!wanted.includes(elementCount(tensor)))
      damaged(message('hub.onnxHas.shape', { tensor: tensor.name, dims: tensor.dims.join(', ') }));
  };
  const nibbles = NIBBLES.includes(values.dataType);
  if (!nibbles && values.dataType !== DataType.UINT8) checkTypeOf(values);
  // A table ends with its last number; B has whole blocks.
  if (nibbles) size(values, rows * width);
  else size(values, (rows * blocks * block * bits) / 8, (rows * width * bits) / 8);
  checkStored(values, fileLength, external);
  size(scales, rows * blocks);
  checkTensor(scales, fileLength, external);
  if (!zeros) return;
  if (NIBBLES.includes(zeros.dataType)) size(zeros, rows * blocks);
  else if (zeros.dataType === DataType.UINT8) size(zeros, rows * Math.ceil((blocks * bits) / 8));
  else checkTypeOf(zeros);
  checkStored(zeros, fileLength, external);
}

function checkTypeOf(tensor: OnnxTensor): never {
  throw new ModelError(message('hub.graph.type', { tensor: tensor.name, type: typeName(tensor.dataType) }));
}

/**
 * Some rows of the matrix, all unless they are named: blocks, or f32 [rows, width] where a row has no whole number of
 * them. Call `checkQuantised` first.
 */
export function readQuantised(
  q: QuantisedTensor,
  file: Uint8Array,
  external: External,
  rows: RowRange = { first: 0, count: q.rows },
): QuantisedBlocks | Float32Array {
  const { width, bits, block } = q;
  const { first, count } = rows;
  const blocks = Math.ceil(width / block);
  const size = block === 16 ? 16 : 32;
  // Larger blocks are several of 32 with one scale.
  const times = block / size;
  const whole = width % size === 0;
  const kept = Math.ceil(width / size);
  const values = packedRows(q, rawBytes(q.values, file, external)!, rows, (kept * size * bits) / 8);
  const ofBlocks = { first: first * blocks, count: count * blocks };
  const scalesInFile = floatsOf(readValues(q.scales, file, external, ofBlocks));
  const zeros = zerosOf(q, file, external, blocks);
  const [scales, offsets] = [new Float32Array(count * kept), new Float32Array(count * kept)];
  const middle = 2 ** (bits - 1);
  let symmetric = true;
  for (let row = 0, i = 0; row < count; row++) {
    for (let b = 0; b < kept; b++, i++) {
      const inFile = Math.floor(b / times);
      const zero = zeros(first + row, inFile);
      scales[i] = scalesInFile[row * blocks + inFile];
      // Signed bytes count from the middle already.
      offsets[i] = scales[i] * ((bits === 8 ? middle : 0) - zero);
      if (zero !== middle) symmetric = false;
    }
  }
  const read: QuantisedBlocks = { bits, block: size, values, scales, offsets: symmetric ? null : offsets };
  if (whole) return read;
  const padded = dequantise(read);
  const out = new Float32Array(count * width);
  for (let row = 0; row < count; row++)
    out.set(padded.subarray(row * kept * size, row * kept * size + width), row * width);
  return out;
}

/** q of some rows, `bytesOfRow` each: nibbles from 0 to 15, signed bytes. */
function packedRows(
  { rows, width, bits, values }: QuantisedTensor,
  raw: Uint8Array,
  { first, count }: RowRange,
  bytesOfRow: number,
) {
  const out = new Uint8Array(count * bytesOfRow);
  if (NIBBLES.includes(values.dataType) && width % 2 === 1) {
    // Packed without regard to rows: two to a byte.
    for (let row = 0; row < count; row++) {
      for (let i = 0; i < width; i++) {
        const at = (first + row) * width + i;
        out[row * bytesOfRow + (i >> 1)] |= ((raw[at >> 1] >> (4 * (at % 2))) & 15) << (4 * (i % 2));
      }
    }
  } else {
    const stored = raw.length / rows;
    const copied = Math.min(stored, bytesOfRow);
    for (let row = 0; row < count; row++) {
      const at = (first + row) * stored;
      out.set(raw.subarray(at, at + copied), row * bytesOfRow);
    }
  }
  const flip = bits === 8 ? 0x80 : values.dataType === DataType.INT4 ? 0x88 : 0;
  if (flip !== 0) for (let i = 0; i < out.length; i++) out[i] ^= flip;
  return out;
}

/** The zero point of a block, as a number from 0 on. */
function zerosOf(
  { bits, values, zeros }: QuantisedTensor,
  file: Uint8Array,
  external: External,
  blocks: number,
): (row: number, block: number) => number {
  const middle = 2 ** (bits - 1);
  // Of a type for four bits the usual one is 0, and a signed one was moved to the middle; of bytes it is the middle.
  if (!zeros) return () => (values.dataType === DataType.UINT4 ? 0 : middle);
  const raw = rawBytes(zeros, file, external)!;
  const signed = zeros.dataType === DataType.INT4 ? 8 : 0;
  if (bits === 8) return (row, block) => raw[row * blocks + block];
  const ofRow = NIBBLES.includes(zeros.dataType) ? blocks : 2 * Math.ceil(blocks / 2);
  return (row, block) => {
    const at = row * ofRow + block;
    return ((raw[at >> 1] >> (4 * (at % 2))) & 15) ^ signed;
  };
}

/**
 * Lets ONNX Runtime multiply quantised weights exactly: `accuracy_level` 4 would quantise the activations too. Written
 * into the file's bytes, where a number of the same length takes the place of the old one.
 */
export function multiplyExactly({ accuracyLevels, bytes }: OnnxGraph): void {
  for (const { offset, length } of accuracyLevels) {
    bytes.fill(0x80, offset, offset + length - 1);
    bytes[offset + length - 1] = 0;
  }
}
