/**
 * The training step that is compared across libraries: `L` frozen linear layers [D, D] with LoRA of rank `R`, GELU (the
 * tanh form) behind each, mean squared loss over `T` rows, Adam. Everyone gets the same numbers.
 */
import { Rng } from '../../src/shared/rng';

export const [T, D, R, L] = [256, 256, 8, 4];
export const [LR, B1, B2, EPS] = [1e-3, 0.9, 0.999, 1e-8];

const SCALE = Math.sqrt(2 / Math.PI);
const CUBE = 0.044715;

/** Numbers from a normal distribution with mean 0 (Box and Muller 1958). */
function normal(length: number, seed: number, deviation: number): Float32Array<ArrayBuffer> {
  const rng = new Rng(seed);
  return Float32Array.from(
    { length },
    () => deviation * Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float()),
  );
}

/** W0 [D, D], A [R, D], B [D, R], row after row. */
export type Layer = Record<'W0' | 'A' | 'B', Float32Array<ArrayBuffer>>;

/** x and y [T, D], and the layers as they are at first. */
export function problem(): { x: Float32Array<ArrayBuffer>; y: Float32Array<ArrayBuffer>; layers: Layer[] } {
  const layers = Array.from({ length: L }, (_, l) => ({
    W0: normal(D * D, 10 + l, 1.4 / Math.sqrt(D)),
    A: normal(R * D, 20 + l, 1 / Math.sqrt(D)),
    B: normal(D * R, 30 + l, 0.05),
  }));
  return { x: normal(T * D, 1, 1), y: normal(T * D, 2, 0.5), layers };
}

/** out [rows, columns] += Σ over k of left(row, k) · right(k, column). */
type Matrix = Float64Array;
function addProduct(
  out: Matrix,
  {
    rows,
    columns,
    depth,
    left,
    right,
  }: {
    rows: number;
    columns: number;
    depth: number;
    left: (i: number, k: number) => number;
    right: (k: number, j: number) => number;
  },
): Matrix {
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < depth; k++) {
      const factor = left(i, k);
      for (let j = 0; j < columns; j++) out[i * columns + j] += factor * right(k, j);
    }
  }
  return out;
}

/** Losses of the first steps, in f64. */
export function reference(steps: number): number[] {
  const { x, y, layers } = problem();
  const learnt = layers.map((layer) => ({
    W0: layer.W0,
    A: Float64Array.from(layer.A),
    B: Float64Array.from(layer.B),
    moments: {
      A: [new Float64Array(R * D), new Float64Array(R * D)],
      B: [new Float64Array(D * R), new Float64Array(D * R)],
    },
  }));
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    let h: Matrix = Float64Array.from(x);
    const passed = learnt.map(({ W0, A, B }) => {
      const input = h;
      const low = addProduct(new Float64Array(T * R), {
        rows: T,
        columns: R,
        depth: D,
        left: (i, k) => input[i * D + k],
        right: (k, r) => A[r * D + k],
      });
      const z = addProduct(new Float64Array(T * D), {
        rows: T,
        columns: D,
        depth: D,
        left: (i, k) => input[i * D + k],
        right: (k, j) => W0[j * D + k],
      });
      addProduct(z, { rows: T, columns: D, depth: R, left: (i, r) => low[i * R + r], right: (r, j) => B[j * R + r] });
      h = z.map((v) => 0.5 * v * (1 + Math.tanh(SCALE * (v + CUBE * v ** 3))));
      return { input, low, z };
    });
    losses.push(h.reduce((sum, v, i) => sum + (v - y[i]) ** 2, 0) / h.length);
    let grad: Matrix = h.map((v, i) => (2 * (v - y[i])) / h.length);
    for (let l = L - 1; l >= 0; l--) {
      const { W0, A, B, moments } = learnt[l];
      const { input, low, z } = passed[l];
      const g = z.map((v, i) => {
        const t = Math.tanh(SCALE * (v + CUBE * v ** 3));
        return grad[i] * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * SCALE * (1 + 3 * CUBE * v * v));
      });
      const gradLow = addProduct(new Float64Array(T * R), {
        rows: T,
        columns: R,
        depth: D,
        left: (i, k) => g[i * D + k],
        right: (k, r) => B[k * R + r],
      });
      const gradB = addProduct(new Float64Array(D * R), {
        rows: D,
        columns: R,
        depth: T,
        left: (j, i) => g[i * D + j],
        right: (i, r) => low[i * R + r],
      });
      const gradA = addProduct(new Float64Array(R * D), {
        rows: R,
        columns: D,
        depth: T,
        left: (r, i) => gradLow[i * R + r],
        right: (i, k) => input[i * D + k],
      });
      grad = addProduct(new Float64Array(T * D), {
        rows: T,
        columns: D,
        depth: D,
        left: (i, k) => g[i * D + k],
        right: (k, j) => W0[k * D + j],
      });
      addProduct(grad, {
        rows: T,
        columns: D,
        depth: R,
        left: (i, r) => gradLow[i * R + r],
        right: (r, k) => A[r * D + k],
      });
      adam(A, gradA, moments.A, step);
      adam(B, gradB, moments.B, step);
    }
  }
  return losses;
}

function adam(values: Matrix, grads: Matrix, [m, v]: Matrix[], step: number): void {
  for (let i = 0; i < values.length; i++) {
    m[i] = B1 * m[i] + (1 - B1) * grads[i];
    v[i] = B2 * v[i] + (1 - B2) * grads[i] ** 2;
    values[i] -= (LR * (m[i] / (1 - B1 ** step))) / (Math.sqrt(v[i] / (1 - B2 ** step)) + EPS);
  }
}
