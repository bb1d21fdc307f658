/** A copy of `cache` with `cache[keyStart + position, :] = x[row, :]`. `meta` is [rows, 4]. */
export function copyToCacheRef(
  meta: ArrayLike<number>,
  x: ArrayLike<number>,
  cache: ArrayLike<number>,
  width: number,
): Float64Array {
  const result = Float64Array.from(cache);
  for (let i = 0; i < x.length; i++) {
    const row = Math.floor(i / width);
    result[(meta[4 * row] + meta[4 * row + 1]) * width + (i % width)] = x[i];
  }
  return result;
}
