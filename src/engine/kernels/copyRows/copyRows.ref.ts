/** before + factor · x, entry by entry, in f64. */
export const addRowsRef = (x: ArrayLike<number>, before: ArrayLike<number>, factor = 1): Float64Array =>
  Float64Array.from(x, (v, i) => before[i] + factor * v);
