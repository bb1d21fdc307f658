/** out[row, :] = table[ids[row], :]; NaN for an id that the table has not */
export function embedRef(ids: ArrayLike<number>, table: ArrayLike<number>, width: number): Float64Array {
  return Float64Array.from(
    { length: ids.length * width },
    (_, i) => table[ids[Math.floor(i / width)] * width + (i % width)] ?? NaN,
  );
}
