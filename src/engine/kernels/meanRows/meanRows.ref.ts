type Numbers = ArrayLike<number>;

/**
 * Means of sequences that begin at `starts` (and the last of them ends), of those that `wanted` names, in its order.
 */
export function meanRowsRef(x: Numbers, starts: Numbers, wanted: readonly number[], width: number): Float64Array {
  return Float64Array.from({ length: wanted.length * width }, (_, i) => {
    const s = wanted[Math.floor(i / width)];
    let sum = 0;
    for (let r = starts[s]; r < starts[s + 1]; r++) sum += x[r * width + (i % width)];
    return sum / (starts[s + 1] - starts[s]);
  });
}

/** Gradient with respect to x. */
export function meanRowsBackwardRef(
  gradOut: Numbers,
  starts: Numbers,
  wanted: readonly number[],
  width: number,
): Float64Array {
  const gradX = new Float64Array(starts[starts.length - 1] * width);
  wanted.forEach((s, t) => {
    for (let r = starts[s]; r < starts[s + 1]; r++)
      for (let d = 0; d < width; d++) gradX[r * width + d] = gradOut[t * width + d] / (starts[s + 1] - starts[s]);
  });
  return gradX;
}
