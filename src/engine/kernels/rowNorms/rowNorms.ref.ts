/** ‖row‖ of W [rows, k] in f64. */
export const rowNormsRef = (w: ArrayLike<number>, rows: number, k: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) => Math.hypot(...Array.from({ length: k }, (__, i) => w[row * k + i])));
