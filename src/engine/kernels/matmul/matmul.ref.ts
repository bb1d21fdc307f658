/** out[row, n] = (add ? out : 0) + scale · Σ_k a[row, k] · W(n, k), in f64, for the rows in `index`. */
export function matmulRef(
  out: Float64Array,
  a: ArrayLike<number>,
  w: ArrayLike<number>,
  index: number[],
  { n, k, transposed, accumulate, scale }: { n: number; k: number; transposed: boolean; accumulate: boolean; scale: number },
): void {
  for (const row of index) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += a[row * k + i] * (transposed ? w[j * k + i] : w[i * n + j]);
      out[row * n + j] = (accumulate ? out[row * n + j] : 0) + scale * sum;
    }
  }
}
