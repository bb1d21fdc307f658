/** Tokens of one module, as the proximal step sees them. */
export interface TokenCosts {
  ratio: ArrayLike<number>;
  /** p_i = μ_i + λ */
  cost: ArrayLike<number>;
}

/** F(τ) = Σ_i [r_i ≥ τ]·p_i + (τ − tau)²/2η in f64. */
export function objectiveRef({ ratio, cost }: TokenCosts, tau: number, from: number, eta: number): number {
  let sum = (tau - from) ** 2 / (2 * eta);
  for (let i = 0; i < ratio.length; i++) if (ratio[i] >= tau) sum += cost[i];
  return sum;
}

/**
 * The proximal point by brute force in f64: of each interval between neighbouring r (in which all τ keep the same
 * tokens) the infimum of F, which lies at the point nearest to tau; at an open end it is the limit. Returns all
 * intervals, least first; among equal ones the nearest to tau, then the lowest.
 */
export function proximalRef(
  tokens: TokenCosts,
  tau: number,
  eta: number,
): { objective: number; low: number; high: number; away: number }[] {
  const { ratio, cost } = tokens;
  const edges = [-Infinity, ...new Set(Array.from(ratio).sort((a, b) => a - b)), Infinity];
  const found = edges.slice(1).map((high, k) => {
    const low = edges[k];
    const away = Math.abs(Math.min(Math.max(tau, low), high) - tau);
    let objective = away ** 2 / (2 * eta);
    for (let i = 0; i < ratio.length; i++) if (ratio[i] >= high) objective += cost[i];
    return { objective, low, high, away };
  });
  return found.sort((a, b) => a.objective - b.objective || a.away - b.away || a.low - b.low);
}
