/** DoRA's parts in f64. Matrices as in PEFT: W0 [dOut, dIn], A [rank, dIn], B [dOut, rank]. */
export interface DoraRef {
  w: ArrayLike<number>;
  a: ArrayLike<number>;
  b: ArrayLike<number>;
  m: ArrayLike<number>;
  dIn: number;
  dOut: number;
  rank: number;
  scaling: number;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** n and change = m/n − 1 by outputs, from the matrix itself. */
export function doraScaleRef({ w, a, b, m, dIn, dOut, rank, scaling }: DoraRef): { norm: number[]; change: number[] } {
  const norm = range(dOut).map((j) =>
    Math.hypot(
      ...range(dIn).map(
        (k) => w[j * dIn + k] + scaling * range(rank).reduce((sum, r) => sum + b[j * rank + r] * a[r * dIn + k], 0),
      ),
    ),
  );
  return { norm, change: norm.map((n, j) => (n === m[j] ? 0 : m[j] / n - 1)) };
}

/** z = A x [rows, rank] and y = W0 x [rows, dOut]. */
export function doraProductsRef(
  { w, a, dIn, dOut, rank }: DoraRef,
  x: ArrayLike<number>,
  rows: number,
): { z: Float64Array; y: Float64Array } {
  const times = (matrix: ArrayLike<number>, n: number) =>
    Float64Array.from({ length: rows * n }, (_, at) =>
      range(dIn).reduce((sum, k) => sum + matrix[(at % n) * dIn + k] * x[Math.floor(at / n) * dIn + k], 0),
    );
  return { z: times(a, rank), y: times(w, dOut) };
}

/** Δ [rows, dOut] = (m/n − 1) ⊙ y + (m/n) ⊙ s B z. */
export function doraDeltaRef(
  { b, m, dOut, rank, scaling }: DoraRef,
  norm: ArrayLike<number>,
  { z, y }: ReturnType<typeof doraProductsRef>,
): Float64Array {
  return y.map((v, at) => {
    const [i, j] = [Math.floor(at / dOut), at % dOut];
    const low = scaling * range(rank).reduce((sum, r) => sum + b[j * rank + r] * z[i * rank + r], 0);
    return (m[j] / norm[j] - 1) * v + (m[j] / norm[j]) * low;
  });
}
