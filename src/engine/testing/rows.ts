/** Row layouts for kernel tests: ragged sequences, and dispatches that reach past the last row. */
import type { BufferScope } from '../device/buffers';
import type { RowCount } from '../device/program';
import { rowCount } from './harness';

/**
 * What output buffers hold where no kernel may write: small, so that it does not widen tolerances that go by the
 * largest entry.
 */
const UNTOUCHED = 0.125;

/**
 * `rows` rows for the shader, `extra` more for the dispatch: a kernel without its row guard writes past the end,
 * where `withTail` shows it.
 */
export function overdispatched(
  scope: BufferScope,
  rows: number,
  extra = 3,
  dims: Parameters<typeof rowCount>[2] = {},
): RowCount {
  return { ...rowCount(scope, rows, dims), of: () => rows + extra };
}

/** An output buffer's start value: NaN in the `length` entries that must be written, a mark in the `tail` behind. */
export function withTail(length: number, tail: number): Float32Array<ArrayBuffer> {
  return new Float32Array(length + tail).fill(NaN, 0, length).fill(UNTOUCHED, length);
}

/** The tail that `withTail` made, as it must be found. */
export const tailOf = (tail: number): Float32Array => new Float32Array(tail).fill(UNTOUCHED);

/** Row metadata of sequences of these lengths behind one another, as training lays them out: see `attention`. */
export function rowMeta(lengths: number[]): Uint32Array<ArrayBuffer> {
  const rows: number[] = [];
  let start = 0;
  for (const length of lengths) {
    for (let position = 0; position < length; position++) rows.push(start, position, start + length, 0);
    start += length;
  }
  return Uint32Array.from(rows);
}
