/** Skipped rows in f64, from their definition. */
export interface SkippedRef {
  /** What the rows have without it, and ∂L/∂h: [rows, width]. */
  y: ArrayLike<number>;
  g: ArrayLike<number>;
  constant: ArrayLike<number>;
  open: ArrayLike<number>;
}

/** y + (1 − S) b. */
export const withConstantRef = ({ y, constant, open }: SkippedRef): Float64Array =>
  Float64Array.from(y, (v, at) => v + (open[Math.floor(at / constant.length)] ? 0 : constant[at % constant.length]));

/** Σ ⟨g, h⟩. */
export const skippedLossRef = (p: SkippedRef): number =>
  withConstantRef(p).reduce((sum, h, at) => sum + p.g[at] * h, 0);
