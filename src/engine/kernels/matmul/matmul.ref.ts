export interface MatmulRef {
  n: number;
  k: number;
  transposed: boolean;
  accumulate?: boolean;
  residual?: ArrayLike<number>;
  bias?: ArrayLike<number>;
  scale?: number;
  aStride?: number;
  aColumn?: number;
  outStride?: number;
  outColumn?: number;
}

/**
 * out[row, n] = (out, residual or 0) + y with y = scale · Σ_k a[row, k] · W(n, k) + bias[n], in f64, for the rows in
 * `index`.
 * @returns Σ_n y² of each of these rows
 */
export function matmulRef(
  out: Float64Array,
  a: ArrayLike<number>,
  w: ArrayLike<number>,
  { index, options }: { index: number[]; options: MatmulRef },
): number[] {
  const {
    n,
    k,
    transposed,
    accumulate = false,
    residual,
    bias,
    scale = 1,
    aStride = k,
    aColumn = 0,
    outStride = n,
    outColumn = 0,
  } = options;
  return index.map((row) => {
    let rowNormSquared = 0;
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += a[row * aStride + aColumn + i] * (transposed ? w[j * k + i] : w[i * n + j]);
      const at = row * outStride + outColumn + j;
      const y = scale * sum + (bias?.[j] ?? 0);
      out[at] = (residual ? residual[at] : accumulate ? out[at] : 0) + y;
      rowNormSquared += y ** 2;
    }
    return rowNormSquared;
  });
}
