/** What `inverse` holds for a row that nothing goes to. */
export const NOWHERE = 0xffffffff;

/** `out[row, :] = x[inverse[row], :]`, zeros where `inverse[row]` is `NOWHERE`. */
export function scatterRowsRef(inverse: ArrayLike<number>, x: ArrayLike<number>, width: number): Float64Array {
  return Float64Array.from({ length: inverse.length * width }, (_, i) => {
    const source = inverse[Math.floor(i / width)];
    return source === NOWHERE ? 0 : x[source * width + (i % width)];
  });
}

/** Gradient with respect to x [n, width]. */
export function scatterRowsBackwardRef(
  inverse: ArrayLike<number>,
  gradOut: ArrayLike<number>,
  n: number,
  width: number,
): Float64Array {
  const gradX = new Float64Array(n * width);
  for (let row = 0; row < inverse.length; row++) {
    if (inverse[row] === NOWHERE) continue;
    for (let d = 0; d < width; d++) gradX[inverse[row] * width + d] += gradOut[row * width + d];
  }
  return gradX;
}
