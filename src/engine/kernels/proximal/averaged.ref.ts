import { RATIO_BINS, ratioEdge } from '../gate/slots';

/**
 * The averaged step of one module in f64. Changes `average`; returns the objective of every edge, and the best edge.
 */
export function averagedRef(
  average: { mu: number[]; count: number[] },
  {
    sums,
    counts,
    first,
    tau,
    lambda,
    eta,
  }: { sums: ArrayLike<number>; counts: ArrayLike<number>; first: boolean; tau: number; lambda: number; eta: number },
): { objectives: number[]; tau: number } {
  const keep = first ? 0 : 0.9;
  for (let b = 0; b < RATIO_BINS; b++) {
    average.mu[b] = keep * average.mu[b] + (1 - keep) * sums[b];
    average.count[b] = keep * average.count[b] + (1 - keep) * counts[b];
  }
  const edges = Array.from({ length: RATIO_BINS + 1 }, (_, b) => ratioEdge(b));
  const objectives = edges.map((edge, e) => {
    let sum = (edge - tau) ** 2 / (2 * eta);
    for (let b = e; b < RATIO_BINS; b++) sum += average.mu[b] + lambda * average.count[b];
    return sum;
  });
  const away = (e: number) => Math.abs(edges[e] - tau);
  const best = edges.map((_, e) => e).sort((a, b) => objectives[a] - objectives[b] || away(a) - away(b) || a - b)[0];
  return { objectives, tau: edges[best] };
}
