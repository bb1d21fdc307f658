/** Quantised weights as plain data. */
import type { QuantisedBlocks } from './types';

/** What they are worth, the form that every reader and kernel is held against: scale · q + offset in doubles, rounded to f32 once. */
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

/** A matrix as it is stored: f32, or blocks. */
export type StoredMatrix = Float32Array | QuantisedBlocks;

export const isQuantised = (matrix: StoredMatrix): matrix is QuantisedBlocks => 'scales' in matrix;

/** The values of a matrix, however it is stored; not copied where they are f32. */
export const floatsOf = (matrix: StoredMatrix): Float32Array => (isQuantised(matrix) ? dequantise(matrix) : matrix);

export const valueCount = (matrix: StoredMatrix): number =>
  isQuantised(matrix) ? matrix.scales.length * matrix.block : matrix.length;

/** Rows from … from + count − 1 of a matrix of `width` columns; the same memory, not a copy. */
export function rowsOf(matrix: StoredMatrix, from: number, count: number, width: number): StoredMatrix {
  if (!isQuantised(matrix)) return matrix.subarray(from * width, (from + count) * width);
  const { bits, block, values, scales, offsets } = matrix;
  const part = <T extends Float32Array | Uint8Array>(of: T, perRow: number) =>
    of.subarray(from * perRow, (from + count) * perRow) as T;
  const blocks = width / block;
  return {
    bits,
    block,
    values: part(values, (width * bits) / 8),
    scales: part(scales, blocks),
    offsets: offsets && part(offsets, blocks),
  };
}
