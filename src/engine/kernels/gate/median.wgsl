// Median of r of module `index` by its histogram in `stats`, linear inside a bin; 0 where there are no tokens.
fn medianOf(index: u32) -> f32 {
  var total = 0u;
  for (var b = 0u; b < RATIO_BINS; b++) { total += stats[index].histogram[b]; }
  if (total == 0u) { return 0.0; }
  var before = 0u;
  for (var b = 0u; b < RATIO_BINS; b++) {
    let count = stats[index].histogram[b];
    if (2u * (before + count) >= total) {
      let share = (0.5 * f32(total) - f32(before)) / f32(count);
      return ratioEdge(b) + (ratioEdge(b + 1u) - ratioEdge(b)) * share;
    }
    before += count;
  }
  return ratioEdge(RATIO_BINS);
}
