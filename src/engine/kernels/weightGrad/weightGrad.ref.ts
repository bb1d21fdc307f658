type Numbers = ArrayLike<number>;

/** x [rows, k] · Wᵀ + bias for a weight [n, k]: [rows, n]. */
export function linearRef(x: Numbers, weight: Numbers, bias: Numbers): Float64Array {
  const n = bias.length;
  const k = weight.length / n;
  return Float64Array.from({ length: (x.length / k) * n }, (_, at) => {
    const [row, o] = [Math.floor(at / n), at % n];
    let sum = bias[o];
    for (let i = 0; i < k; i++) sum += x[row * k + i] * weight[o * k + i];
    return sum;
  });
}

/** Gradients with respect to the weight and the bias. */
export function linearBackwardRef(
  x: Numbers,
  gradOut: Numbers,
  { n, k }: { n: number; k: number },
): { weight: Float64Array; bias: Float64Array } {
  const weight = new Float64Array(n * k);
  const bias = new Float64Array(n);
  for (let row = 0; row * n < gradOut.length; row++) {
    for (let o = 0; o < n; o++) {
      const g = gradOut[row * n + o];
      bias[o] += g;
      for (let i = 0; i < k; i++) weight[o * k + i] += g * x[row * k + i];
    }
  }
  return { weight, bias };
}
