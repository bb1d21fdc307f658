/**
 * One module behind a soft threshold in f64, from its definition: h = y + max(0, 1 − τ/r) Δ, r = ‖Δ‖/n, Δ = s B z + c ⊙
 * y0, and the loss Σ ⟨g, h⟩ + λ Σ max(0, r − τ). n = ‖y‖ + 1e-6 is given and held constant.
 */
export interface SoftRef {
  /** [rows, rank], [dOut, rank] */
  z: ArrayLike<number>;
  b: ArrayLike<number>;
  /** Δ's part along a frozen output: change [dOut], base [rows, dOut]; absent in LoRA. */
  part?: { change: ArrayLike<number>; base: ArrayLike<number> };
  /** n by rows. */
  norm: ArrayLike<number>;
  g: ArrayLike<number>;
  tau: number;
  lambda: number;
  rows: number;
  rank: number;
  dOut: number;
  scaling: number;
}

/** Δ of a row. */
const deltaRef = ({ z, b, part, rank, dOut, scaling }: SoftRef, row: number): number[] =>
  Array.from({ length: dOut }, (_, d) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[d * rank + k] * z[row * rank + k];
    return scaling * sum + (part ? part.change[d] * part.base[row * dOut + d] : 0);
  });

/** κ Δ of every row behind one another, and r. */
export function softRef(p: SoftRef): { added: number[]; ratio: number[] } {
  const rows = Array.from({ length: p.rows }, (_, row) => {
    const delta = deltaRef(p, row);
    const r = Math.hypot(...delta) / p.norm[row];
    const kappa = p.tau === 0 ? 1 : Math.max(0, 1 - p.tau / r);
    return { r, added: delta.map((v) => kappa * v) };
  });
  return { added: rows.flatMap(({ added }) => added), ratio: rows.map(({ r }) => r) };
}

/** Σ ⟨g, κ Δ⟩ + λ Σ max(0, r − τ). */
export function softLossRef(p: SoftRef): number {
  const { added, ratio } = softRef(p);
  const penalty = ratio.reduce((sum, r) => sum + Math.max(0, r - p.tau), 0);
  return added.reduce((sum, v, at) => sum + v * p.g[at], 0) + p.lambda * penalty;
}
