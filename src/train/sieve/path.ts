/**
 * Path attribution: what each token update of each module lowers the loss by, so that all of them add up to the loss of
 * the base minus that of the adapter. Along the path from no adapter to the adapter, Δ·t with t from 0 to 1, the loss
 * changes by Σ ⟨∂L/∂h, Δ⟩ dt; μ at scale t is t times that term, so an update's part is ∫ μ(t)/t dt, taken at
 * Gauss–Legendre points. What a skipped token gets in the place of Δ is scaled and counts as Δ does.
 */

/** Points and weights of Gauss–Legendre quadrature on (0, 1), by Newton's method on the Legendre polynomial. */
export function gaussLegendre(n: number): { at: number; weight: number }[] {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (n - i - 0.25)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 50; round++) {
      let [before, p] = [1, x];
      for (let k = 2; k <= n; k++) [before, p] = [p, ((2 * k - 1) * x * p - (k - 1) * before) / k];
      slope = n === 0 ? 1 : (n * (x * p - before)) / (x * x - 1);
      const step = p / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    return { at: (x + 1) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}

/**
 * @param muAt μ of every token and module, with Δ taken times `scale`
 * @returns what each update lowers the loss by, in the same layout; f64
 */
export async function pathAttribution(
  points: number,
  muAt: (scale: number) => Promise<readonly Float32Array[]>,
): Promise<Float64Array[]> {
  let sums: Float64Array[] | null = null;
  for (const { at, weight } of gaussLegendre(points)) {
    const all = await muAt(at);
    sums ??= all.map((mu) => new Float64Array(mu.length));
    all.forEach((mu, b) => {
      const sum = sums![b];
      for (let i = 0; i < mu.length; i++) sum[i] -= (weight / at) * mu[i];
    });
  }
  return sums ?? [];
}
