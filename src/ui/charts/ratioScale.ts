/** r on a logarithmic scale from the smallest to the largest of all that is not 0. */
export function ratioScale(ratio: Float32Array): (r: number) => number {
  let [low, high] = [Infinity, 0];
  for (const r of ratio) {
    if (r > 0 && r < low) low = r;
    if (r > high) high = r;
  }
  const span = Math.log(high / low);
  return (r) => (r <= 0 ? 0 : span > 0 ? 0.08 + 0.92 * (Math.log(r / low) / span) : 1);
}
