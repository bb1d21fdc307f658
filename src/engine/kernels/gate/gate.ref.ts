/** ‖s B z_i‖ / (‖y_i‖ + 1e-6) per row in f64, from B itself rather than its Gram matrix. */
export function ratioRef(
  z: ArrayLike<number>,
  b: ArrayLike<number>,
  y: ArrayLike<number>,
  { rows, dOut, rank, scaling }: { rows: number; dOut: number; rank: number; scaling: number },
): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let delta2 = 0;
    let y2 = 0;
    for (let n = 0; n < dOut; n++) {
      let d = 0;
      for (let k = 0; k < rank; k++) d += b[n * rank + k] * z[row * rank + k];
      delta2 += (scaling * d) ** 2;
      y2 += y[row * dOut + n] ** 2;
    }
    return Math.sqrt(delta2) / (Math.sqrt(y2) + 1e-6);
  });
}
