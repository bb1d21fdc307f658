/** scaling · Σ over `list` of wide[row, n]·narrow[row, r] in f64, as [wide, rank] or, transposed, [rank, wide]. */
export function lowRankGradRef(
  wide: ArrayLike<number>,
  narrow: ArrayLike<number>,
  list: number[],
  { wideWidth, rank, scaling, transposed }: { wideWidth: number; rank: number; scaling: number; transposed: boolean },
): Float64Array {
  const grad = new Float64Array(wideWidth * rank);
  for (const row of list) {
    for (let n = 0; n < wideWidth; n++) {
      for (let r = 0; r < rank; r++) {
        grad[transposed ? r * wideWidth + n : n * rank + r] +=
          scaling * wide[row * wideWidth + n] * narrow[row * rank + r];
      }
    }
  }
  return grad;
}
