import type { Tensor } from '../../device/buffers';
import type { Rows } from '../rows/rows';
import type { Weight } from './weight';

export interface MatmulOptions {
  label: string;
  /** All rows of the pass, or the active rows of a gated module (rows of `a` and of `out` alike). */
  rows: Rows;
  /** [rows, k] */
  a: Tensor;
  /** [n, k] when `transposed`, else [k, n]; a bare tensor is f32 */
  w: Tensor | Weight;
  /** [rows, n] */
  out: Tensor;
  n: number;
  k: number;
  transposed: boolean;
  /** Adds to `out` instead of overwriting it. */
  accumulate?: boolean;
  /** Laid out as `out`: out = residual + y. A buffer of its own, not `out`'s. */
  residual?: Tensor;
  /** [n], f32: y = scale · a · W + bias. */
  bias?: Tensor;
  /** [rows, squareParts]: of each row, the sums of y² over parts of its columns. */
  rowNormSquared?: Tensor;
  scale?: number;
  /** Row stride and first column of `a` and of `out`, in floats, where they are parts of wider tensors. */
  aStride?: number;
  aColumn?: number;
  outStride?: number;
  outColumn?: number;
}
