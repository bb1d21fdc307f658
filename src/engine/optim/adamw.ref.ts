/** ‖g‖₂ in f64. */
export const gradNormRef = (grads: ArrayLike<number>): number => Math.hypot(...Array.from(grads));

export interface AdamwHyper {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  clip: number;
}

/** One AdamW step in f64; `step` from 0, `rate(i)` times the learning rate for parameter i. Changes params, m and v. */
export function adamwRef(
  params: Float64Array,
  grads: ArrayLike<number>,
  {
    m,
    v,
    h,
    step,
    rate = () => 1,
  }: { m: Float64Array; v: Float64Array; h: AdamwHyper; step: number; rate?: (i: number) => number },
): void {
  const norm = gradNormRef(grads);
  const scale = h.clip > 0 ? Math.min(1, h.clip / (norm + 1e-6)) : 1;
  for (let i = 0; i < params.length; i++) {
    const g = scale * grads[i];
    m[i] = h.beta1 * m[i] + (1 - h.beta1) * g;
    v[i] = h.beta2 * v[i] + (1 - h.beta2) * g * g;
    const mHat = m[i] / (1 - h.beta1 ** (step + 1));
    const vHat = v[i] / (1 - h.beta2 ** (step + 1));
    const lr = h.lr * rate(i);
    params[i] = params[i] * (1 - lr * h.weightDecay) - (lr * mHat) / (Math.sqrt(vHat) + h.eps);
  }
}
