/**
 * One module of GateRA in f64, from its definition: Σ ⟨g, h⟩ + λ Σ H(σ(w·x)) with h = y + σ(w·x) s B A x; y counts for
 * nothing.
 */
export interface GateRef {
  /** [rows, dIn], [rank, dIn], [dOut, rank], [dIn] */
  x: ArrayLike<number>;
  a: ArrayLike<number>;
  b: ArrayLike<number>;
  w: ArrayLike<number>;
  /** ∂L/∂h, [rows, dOut] */
  g: ArrayLike<number>;
  rows: number;
  dIn: number;
  dOut: number;
  rank: number;
  scaling: number;
  lambda: number;
}

/** p·q of two vectors, each where it begins. */
const dot = (p: { of: ArrayLike<number>; at: number }, q: { of: ArrayLike<number>; at: number }, n: number): number => {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += p.of[p.at + k] * q.of[q.at + k];
  return sum;
};

/** A x of a row. */
export const lowRankRef = ({ x, a, dIn, rank }: GateRef, row: number): number[] =>
  Array.from({ length: rank }, (_, r) => dot({ of: a, at: r * dIn }, { of: x, at: row * dIn }, dIn));

export function gateLossRef(p: GateRef): number {
  let loss = 0;
  for (let row = 0; row < p.rows; row++) {
    const gate = 1 / (1 + Math.exp(-dot({ of: p.w, at: 0 }, { of: p.x, at: row * p.dIn }, p.dIn)));
    const z = lowRankRef(p, row);
    for (let d = 0; d < p.dOut; d++) {
      const delta = p.scaling * dot({ of: p.b, at: d * p.rank }, { of: z, at: 0 }, p.rank);
      loss += p.g[row * p.dOut + d] * gate * delta;
    }
    loss -= p.lambda * (gate * Math.log(gate) + (1 - gate) * Math.log(1 - gate));
  }
  return loss;
}
