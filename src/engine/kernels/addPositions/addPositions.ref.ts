type Numbers = ArrayLike<number>;

/** before[row, :] + table[positions[row] + offset, :]; NaN for a place that the table has not. */
export function addPositionsRef(
  before: Numbers,
  positions: Numbers,
  { table, offset, width }: { table: Numbers; offset: number; width: number },
): Float64Array {
  return Float64Array.from(
    before,
    (v, i) => v + (table[(positions[Math.floor(i / width)] + offset) * width + (i % width)] ?? NaN),
  );
}
