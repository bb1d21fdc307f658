/**
 * What docs/claims/plan.md counts with: a bootstrap over examples × seeds, two one-sided tests, and Holm's correction.
 */
import { Rng } from '../../src/shared/rng';

export const DRAWS = 10_000;
/** Of the draws, so that a report says the same each time. */
const SEED = 2026;

/** A method's minus another's loss, example by example. */
export interface Paired {
  /** Σ loss of the one minus Σ loss of the other in nats: [seed][example]. */
  differences: readonly (readonly number[])[];
  /** Supervised tokens of each example. */
  tokens: readonly number[];
}

export interface Bootstrap {
  /** Difference of the losses (nats/token), mean over seeds. */
  estimate: number;
  /** The same of each draw, ascending. */
  draws: Float64Array;
}

interface Picks {
  /** Which examples, and which seeds, each draw has: [draw][its picks]. */
  examples: Uint16Array;
  seeds: Uint16Array;
}

/** Of the few sizes that a report's sets have: 10 MB for 512 examples. */
const drawnBefore = new Map<string, Picks>();

/** The same for all comparisons of as many seeds and examples. */
function picksOf(seeds: number, examples: number, draws: number): Picks {
  const of = `${seeds} ${examples} ${draws}`;
  let picks = drawnBefore.get(of);
  if (!picks) {
    const rng = new Rng(SEED);
    const pick = (n: number) => {
      const all = new Uint16Array(draws * n);
      for (let i = 0; i < all.length; i++) all[i] = rng.below(n);
      return all;
    };
    drawnBefore.set(of, (picks = { examples: pick(examples), seeds: pick(seeds) }));
  }
  return picks;
}

/** Examples and seeds are both drawn with replacement; an example that is drawn brings all of its seeds. */
export function bootstrap({ differences, tokens }: Paired, draws = DRAWS): Bootstrap {
  const [seeds, examples] = [differences.length, tokens.length];
  if (seeds === 0 || differences.some((of) => of.length !== examples))
    throw new Error(`a bootstrap over ${seeds} seeds of ${differences.map((of) => of.length)} examples`);
  const total = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);
  const picks = picksOf(seeds, examples, draws);
  // Few seeds have few ways to be drawn.
  const sums = new Map<string, Float64Array>();
  const sumOf = (drawn: Uint16Array): Float64Array => {
    const key = drawn.sort().join();
    let sum = sums.get(key);
    if (!sum) {
      sum = new Float64Array(examples);
      for (const seed of drawn) for (let e = 0; e < examples; e++) sum[e] += differences[seed][e];
      sums.set(key, sum);
    }
    return sum;
  };
  const drawn = new Float64Array(draws);
  for (let d = 0; d < draws; d++) {
    const summed = sumOf(picks.seeds.slice(d * seeds, (d + 1) * seeds));
    let loss = 0;
    let n = 0;
    for (let i = d * examples; i < (d + 1) * examples; i++) {
      const e = picks.examples[i];
      loss += summed[e];
      n += tokens[e];
    }
    drawn[d] = loss / n / seeds;
  }
  const estimate = differences.reduce((sum, of) => sum + total(of), 0) / seeds / total(tokens);
  return { estimate, draws: drawn.sort() };
}

/** The middle `share` of the draws. */
export function percentiles({ draws }: Bootstrap, share = 0.95): [number, number] {
  const at = (p: number) => {
    const place = p * (draws.length - 1);
    const low = Math.floor(place);
    return draws[low] + (place - low) * ((draws[low + 1] ?? draws[low]) - draws[low]);
  };
  return [at((1 - share) / 2), at((1 + share) / 2)];
}

/** Draws of which something holds, with the one that was measured counted among them: never 0. */
const tail = (draws: Float64Array, holds: (d: number) => boolean): number =>
  (1 + draws.reduce((n, d) => n + Number(holds(d)), 0)) / (1 + draws.length);

/** Two-sided p of there being no difference. */
export const pDifferent = ({ draws }: Bootstrap): number =>
  Math.min(
    1,
    2 *
      Math.min(
        tail(draws, (d) => d <= 0),
        tail(draws, (d) => d >= 0),
      ),
  );

/** p of the difference being as large as the margin: the greater of two one-sided tests. */
export const pEqual = ({ draws }: Bootstrap, margin: number): number =>
  Math.max(
    tail(draws, (d) => d >= margin),
    tail(draws, (d) => d <= -margin),
  );

/**
 * Holm's step-down correction (1979): p values as they are to be compared with the level of the whole family.
 * @param family hypotheses that were planned; those that are not tested yet count as if their p were 1
 */
export function holm(values: readonly number[], family = values.length): number[] {
  if (family < values.length) throw new Error(`${values.length} hypotheses of a family of ${family}`);
  const corrected = new Array<number>(values.length);
  let most = 0;
  [...values.keys()]
    .sort((i, j) => values[i] - values[j])
    .forEach((i, rank) => {
      most = Math.max(most, Math.min(1, (family - rank) * values[i]));
      corrected[i] = most;
    });
  return corrected;
}
