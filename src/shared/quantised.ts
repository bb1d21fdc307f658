/** Weights as they are stored, as plain data. */
import { halvesToF32 } from './half';
import type { QuantisedBlocks } from './types';

/**
 * What they are worth, the form that every reader and kernel is compared with: scale · q + offset in doubles, rounded
 * to f32 once.
 */
export function dequantise({ bits, block, values, scales, offsets }: QuantisedBlocks): Float32Array<ArrayBuffer> {
  const out = new Float32Array(scales.length * block);
  const centre = offsets === null && bits === 4 ? 8 : 0;
  for (let i = 0; i < out.length; i++) {
    const b = Math.floor(i / block);
    const q = bits === 8 ? (values[i] << 24) >> 24 : i % 2 === 0 ? values[i >> 1] & 15 : values[i >> 1] >> 4;
    out[i] = scales[b] * (q - centre) + (offsets === null ? 0 : offsets[b]);
  }
  return out;
}

/** A matrix as it is stored: f32, the bits of f16, or blocks. */
export type StoredMatrix = Float32Array | Uint16Array | QuantisedBlocks;

export const isQuantised = (matrix: StoredMatrix): matrix is QuantisedBlocks => 'scales' in matrix;

/** The values of a matrix, however it is stored; not copied where they are f32. */
export function floatsOf(matrix: StoredMatrix): Float32Array {
  if (isQuantised(matrix)) return dequantise(matrix);
  return matrix instanceof Uint16Array ? halvesToF32(matrix) : matrix;
}

export const valueCount = (matrix: StoredMatrix): number =>
  isQuantised(matrix) ? matrix.scales.length * matrix.block : matrix.length;

/** Some rows of a matrix. */
export interface RowRange {
  first: number;
  count: number;
}

/** `rows` of a matrix of `width` columns; the same memory, not a copy. */
export function rowsOf(matrix: StoredMatrix, { first, count }: RowRange, width: number): StoredMatrix {
  const part = <T extends Float32Array | Uint16Array | Uint8Array>(of: T, perRow: number) =>
    of.subarray(first * perRow, (first + count) * perRow) as T;
  if (!isQuantised(matrix)) return part(matrix, width);
  const { bits, block, values, scales, offsets } = matrix;
  const blocks = width / block;
  return {
    bits,
    block,
    values: part(values, (width * bits) / 8),
    scales: part(scales, blocks),
    offsets: offsets && part(offsets, blocks),
  };
}

/** Values that are read at a time: 8 MiB as f32. */
const STRETCH = 1 << 21;

/**
 * Rows of a matrix, a few at a time, so that it never lies in memory as a whole. A multiple of four each but the last,
 * whatever the type of the values: each begins on a whole word.
 */
export function* stretchesOf({ first, count }: RowRange, width: number, most = STRETCH): Generator<RowRange> {
  const step = Math.max(4, Math.floor(most / width / 4) * 4);
  for (let at = 0; at < count; at += step) yield { first: first + at, count: Math.min(step, count - at) };
}

/**
 * Reads a tensor of the state dict; of a matrix some rows, where they are named. What is read lies as the state dict
 * has it; a quantised matrix has the outputs as its rows in any case.
 */
export type ReadStored = (name: string, rows?: RowRange) => StoredMatrix;

/**
 * Some rows of a matrix of the state dict; asked for as a whole where they are all of it.
 * @throws {Error} when what is read has another number of values
 */
export function readRows<T extends StoredMatrix>(
  read: (name: string, rows?: RowRange) => T,
  { name, shape }: { name: string; shape: readonly number[] },
  rows: RowRange,
): T {
  const width = shape.slice(1).reduce((a, b) => a * b, 1);
  const data = read(name, rows.count === shape[0] ? undefined : rows);
  const [found, wanted] = [valueCount(data), rows.count * width];
  if (found !== wanted) throw new Error(`weight "${name}" has ${found} values, expected ${wanted}`);
  return data;
}
