/** G = BᵀB in f64; b [dOut, rank]. */
export function gramRef(b: ArrayLike<number>, dOut: number, rank: number): Float64Array {
  const g = new Float64Array(rank * rank);
  for (let n = 0; n < dOut; n++) {
    for (let i = 0; i < rank; i++) for (let j = 0; j < rank; j++) g[i * rank + j] += b[n * rank + i] * b[n * rank + j];
  }
  return g;
}
