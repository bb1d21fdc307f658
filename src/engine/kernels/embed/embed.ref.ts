/** out[row, :] = scale · table[ids[row], :]; NaN for an id that the table has not */
export function embedRef(
  ids: ArrayLike<number>,
  table: ArrayLike<number>,
  { width, scale = 1 }: { width: number; scale?: number },
): Float64Array {
  return Float64Array.from(
    { length: ids.length * width },
    (_, i) => scale * (table[ids[Math.floor(i / width)] * width + (i % width)] ?? NaN),
  );
}
