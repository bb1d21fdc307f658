/** AdaLoRA's parts in f64, as PEFT computes them. */
export function importanceRef(
  p: ArrayLike<number>,
  g: ArrayLike<number>,
  { ipt, unc, beta1, beta2 }: { ipt: Float64Array; unc: Float64Array; beta1: number; beta2: number },
): void {
  for (let i = 0; i < p.length; i++) {
    const now = Math.abs(p[i] * g[i]);
    ipt[i] = beta1 * ipt[i] + (1 - beta1) * now;
    unc[i] = beta2 * unc[i] + (1 - beta2) * Math.abs(now - ipt[i]);
  }
}

/** Kept triplets: those above the drop-th smallest score. */
export function keptRef(scores: ArrayLike<number>, drop: number): number[] {
  const threshold = drop === 0 ? -Infinity : Array.from(scores).sort((a, b) => a - b)[drop - 1];
  return Array.from(scores, (s) => (s > threshold ? 1 : 0));
}

/** weight · ‖P Pᵀ − I‖_F of P [rank, width]. */
export function orthogonalityRef(p: ArrayLike<number>, rank: number, width: number, weight: number): number {
  let sum = 0;
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j < rank; j++) {
      let c = i === j ? -1 : 0;
      for (let k = 0; k < width; k++) c += p[i * width + k] * p[j * width + k];
      sum += c * c;
    }
  }
  return weight * Math.sqrt(sum);
}
