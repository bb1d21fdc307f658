/** `out[i, :] = x[index[i], :]`. */
export function gatherRowsRef(index: ArrayLike<number>, x: ArrayLike<number>, width: number): Float64Array {
  return Float64Array.from(
    { length: index.length * width },
    (_, i) => x[index[Math.floor(i / width)] * width + (i % width)],
  );
}

/** Gradient with respect to x [n, width]: rows of `gradOut` summed where they came from. */
export function gatherRowsBackwardRef(
  index: ArrayLike<number>,
  gradOut: ArrayLike<number>,
  n: number,
  width: number,
): Float64Array {
  const gradX = new Float64Array(n * width);
  for (let i = 0; i < gradOut.length; i++) gradX[index[Math.floor(i / width)] * width + (i % width)] += gradOut[i];
  return gradX;
}
