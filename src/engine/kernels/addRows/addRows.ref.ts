/** `a + b`. */
export function addRowsRef(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: a.length }, (_, i) => a[i] + b[i]);
}

/** Gradients with respect to a and b: both are `gradOut`. */
export function addRowsBackwardRef(gradOut: ArrayLike<number>): { gradA: Float64Array; gradB: Float64Array } {
  return { gradA: Float64Array.from(gradOut), gradB: Float64Array.from(gradOut) };
}
