type Numbers = ArrayLike<number>;

/** x [rows, width] → out [rows, width], rstd [rows]. Groups of a row are rows of their own. */
export function rmsNormRef(x: Numbers, weight: Numbers, eps: number): { out: Float64Array; rstd: Float64Array } {
  const width = weight.length;
  const out = new Float64Array(x.length);
  const rstd = new Float64Array(x.length / width);
  for (let row = 0; row < rstd.length; row++) {
    let rowNormSquared = 0;
    for (let d = 0; d < width; d++) rowNormSquared += x[row * width + d] ** 2;
    rstd[row] = 1 / Math.sqrt(rowNormSquared / width + eps);
    for (let d = 0; d < width; d++) out[row * width + d] = x[row * width + d] * rstd[row] * weight[d];
  }
  return { out, rstd };
}

/** Gradient with respect to x. */
export function rmsNormBackwardRef(x: Numbers, weight: Numbers, eps: number, gradOut: Numbers): Float64Array {
  const width = weight.length;
  const { rstd } = rmsNormRef(x, weight, eps);
  const gradX = new Float64Array(x.length);
  for (let row = 0; row < rstd.length; row++) {
    const r = rstd[row];
    let inner = 0;
    for (let d = row * width; d < (row + 1) * width; d++) inner += gradOut[d] * weight[d - row * width] * x[d];
    for (let d = row * width; d < (row + 1) * width; d++)
      gradX[d] = r * gradOut[d] * weight[d - row * width] - (x[d] * r ** 3 * inner) / width;
  }
  return gradX;
}
