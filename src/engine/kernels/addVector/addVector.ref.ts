/** before + factor · vector in every row, in f64. */
export const addVectorRef = (before: ArrayLike<number>, vector: ArrayLike<number>, factor: number): Float64Array =>
  Float64Array.from(before, (v, i) => v + factor * vector[i % vector.length]);
