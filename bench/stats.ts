/** Medians, ratios of interleaved measurements, and their intervals. */
import { Rng } from '../src/shared/rng';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** 95 % interval of the median, by a seeded bootstrap over the values. */
export function medianInterval(values: readonly number[], seed = 1): [low: number, high: number] {
  const rng = new Rng(seed);
  const medians = Array.from({ length: 2000 }, () => median(values.map(() => values[rng.below(values.length)]))).sort(
    (a, b) => a - b,
  );
  return [medians[50], medians[1949]];
}

/** Round by round, what share of the rate measured in that round (GFLOP/s) something of `flops` reached in `ms`. */
export const rateShares = (flops: number, ms: readonly number[], rates: readonly number[]): number[] =>
  ms.map((t, i) => flops / (t * 1e6) / rates[i]);

export const ratios = (over: readonly number[], under: readonly number[]): number[] => over.map((x, i) => x / under[i]);

/**
 * Runs every variant once a round and hands back what each returned, round by round. Every other round goes backwards,
 * so that no variant always follows the same one. `warm`: one more round goes first and is not counted.
 */
export async function interleave<K extends string>(
  variants: Record<K, () => Promise<number>>,
  rounds: number,
  warm = true,
): Promise<Record<K, number[]>> {
  const names = Object.keys(variants) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = warm ? -1 : 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const value = await variants[name]();
      if (round >= 0) results[name].push(value);
    }
    if (round >= 0)
      console.info(
        `round ${round + 1} of ${rounds}: ${names.map((name) => `${name} ${results[name].at(-1)!.toPrecision(4)}`).join(', ')}`,
      );
  }
  return results;
}

/** Each kernel at its fastest: a kernel that something else on the machine held up is measured by its other rounds. */
export function fastest<K extends { kernel: string; ms: number }>(profiles: readonly K[][]): K[] {
  const best = new Map<string, K>();
  for (const cost of profiles.flat())
    if (cost.ms < (best.get(cost.kernel)?.ms ?? Infinity)) best.set(cost.kernel, cost);
  return [...best.values()].sort((a, b) => b.ms - a.ms);
}

/** Milliseconds that `once` takes. */
export async function time(once: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await once();
  return performance.now() - start;
}

/** `12.3 (11.0–14.2)`: median, fastest and slowest. */
export const spread = (values: readonly number[], digits = 1): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
