type Numbers = ArrayLike<number>;

/** x [rows, width] → out [rows, width], stats [rows, 2] = {mean, rstd}. */
export function layerNormRef(
  x: Numbers,
  { weight, bias, eps }: { weight: Numbers; bias?: Numbers; eps: number },
): { out: Float64Array; stats: Float64Array } {
  const width = weight.length;
  const out = new Float64Array(x.length);
  const stats = new Float64Array((2 * x.length) / width);
  for (let row = 0; row < x.length / width; row++) {
    let [sum, squares] = [0, 0];
    for (let d = 0; d < width; d++) sum += x[row * width + d];
    const mean = sum / width;
    for (let d = 0; d < width; d++) squares += (x[row * width + d] - mean) ** 2;
    const rstd = 1 / Math.sqrt(squares / width + eps);
    stats.set([mean, rstd], 2 * row);
    for (let d = 0; d < width; d++)
      out[row * width + d] = (x[row * width + d] - mean) * rstd * weight[d] + (bias?.[d] ?? 0);
  }
  return { out, stats };
}

/** Gradient with respect to x. */
export function layerNormBackwardRef(
  x: Numbers,
  { weight, eps }: { weight: Numbers; eps: number },
  gradOut: Numbers,
): Float64Array {
  const width = weight.length;
  const { stats } = layerNormRef(x, { weight, eps });
  const gradX = new Float64Array(x.length);
  for (let row = 0; row < x.length / width; row++) {
    const [mean, rstd] = [stats[2 * row], stats[2 * row + 1]];
    const g = (d: number) => gradOut[row * width + d] * weight[d];
    const h = (d: number) => (x[row * width + d] - mean) * rstd;
    let [sum, inner] = [0, 0];
    for (let d = 0; d < width; d++) {
      sum += g(d);
      inner += g(d) * h(d);
    }
    for (let d = 0; d < width; d++) gradX[row * width + d] = rstd * (g(d) - sum / width - (h(d) * inner) / width);
  }
  return gradX;
}
