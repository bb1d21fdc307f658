/** Choosing the next token from logits. */
import type { Rng } from '../shared/rng';

/**
 * Bins by how far a logit lies below the largest; where logits spread wide, 32 bins to a factor of e in probability.
 */
const BINS = 1024;
const BINS_PER_E = 32;

/**
 * Greedy at temperature 0; else softmax at `temperature` over the smallest set of tokens whose probability
 * reaches `topP` (nucleus sampling, Holtzman et al. 2020). One random number per call, whatever is chosen, so
 * that models that are compared with one seed stay in step.
 *
 * Tokens are counted into bins, likely ones first, and only the bins in which the nucleus ends and the choice falls are
 * sorted: a hundred tokens or so of 49,152.
 */
export function sampleToken(
  logits: Float32Array,
  { temperature, topP }: { temperature: number; topP: number },
  rng: Rng,
): number {
  const dice = rng.float();
  let best = 0;
  let least = 0;
  for (let i = 1; i < logits.length; i++) {
    if (logits[i] > logits[best]) best = i;
    if (logits[i] < logits[least]) least = i;
  }
  if (temperature <= 0) return best;
  const largest = logits[best];
  const below = (logit: number) => (largest - logit) / temperature;
  const perE = Math.max(BINS_PER_E, BINS / below(logits[least]));
  const binOf = (token: number) => Math.min(BINS - 1, below(logits[token]) * perE) | 0;
  const weights = new Float64Array(logits.length);
  const bins = new Float64Array(BINS);
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const weight = Math.exp(-below(logits[i]));
    weights[i] = weight;
    bins[binOf(i)] += weight;
    total += weight;
  }
  /** A bin's tokens, heaviest first; of equals the first one first. */
  const sortedBin = (bin: number): number[] => {
    const tokens: number[] = [];
    for (let i = 0; i < logits.length; i++) if (binOf(i) === bin) tokens.push(i);
    return tokens.sort((a, b) => weights[b] - weights[a] || a - b);
  };
  /** Goes down from the likeliest token until their weights together are `enough`: that token, and the sum with it. */
  const descend = (enough: (sum: number) => boolean): { token: number; sum: number } => {
    let token = best;
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) {
      if (!enough(sum + bins[bin])) {
        sum += bins[bin];
        continue;
      }
      for (token of sortedBin(bin)) {
        sum += weights[token];
        if (enough(sum)) return { token, sum };
      }
    }
    return { token, sum };
  };
  const nucleus = topP < 1 ? descend((sum) => sum >= topP * total).sum : total;
  return descend((sum) => sum > dice * nucleus).token;
}
