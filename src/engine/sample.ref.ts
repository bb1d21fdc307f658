/** `sampleToken` as it is defined: all tokens sorted. */
import type { Rng } from '../shared/rng';

export function sampleTokenRef(
  logits: Float32Array,
  { temperature, topP }: { temperature: number; topP: number },
  rng: Rng,
): number {
  const dice = rng.float();
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  if (temperature <= 0) return best;
  const weights = Float64Array.from(logits, (l) => Math.exp((l - logits[best]) / temperature));
  const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  const total = weights.reduce((a, b) => a + b, 0);
  let kept = 0;
  let mass = 0;
  while (kept < order.length && (kept === 0 || mass < topP * total)) mass += weights[order[kept++]];
  let left = dice * mass;
  for (let i = 0; i < kept; i++) {
    left -= weights[order[i]];
    if (left < 0) return order[i];
  }
  return order[kept - 1];
}
