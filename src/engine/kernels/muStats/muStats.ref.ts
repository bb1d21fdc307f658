/** μ per row and its sums, in f64. */
export function muStatsRef(
  u: ArrayLike<number>,
  z: ArrayLike<number>,
  open: ArrayLike<number>,
  { rows, rank, scaling, extra }: { rows: number; rank: number; scaling: number; extra?: ArrayLike<number> },
) {
  const mu = Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += u[row * rank + k] * z[row * rank + k];
    return scaling * sum + (extra?.[row] ?? 0);
  });
  let [muActive, muSkipped, disagreeMu, activeHelpful, skippedHelpful] = [0, 0, 0, 0, 0];
  mu.forEach((value, row) => {
    if (open[row]) muActive += value;
    else muSkipped += value;
    if (value < 0 && open[row]) activeHelpful++;
    if (value < 0 && !open[row]) skippedHelpful++;
    if (value >= 0 === (open[row] !== 0)) disagreeMu += value;
  });
  return { mu, muActive, muSkipped, disagreeMu, activeHelpful, skippedHelpful };
}
