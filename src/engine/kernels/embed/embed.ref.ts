/** out[row, :] = table[ids[row], :] */
export function embedRef(ids: ArrayLike<number>, table: ArrayLike<number>, width: number): Float64Array {
  return Float64Array.from({ length: ids.length * width }, (_, i) => table[ids[Math.floor(i / width)] * width + (i % width)]);
}
