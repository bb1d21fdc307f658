/** Whether our logits are the reference's: bars by what the reference computes in, and the comparison. */
import { type Message, message } from '../shared/message';
import type { LogitCheck } from '../shared/types';

/** Bars that the differences of logits must stay below. */
export interface LogitBars {
  /** Largest difference, relative to the largest logit. */
  largest: number;
  /**
   * Mean Kullback–Leibler divergence of the next token, in nats; null: not asked. Then the likeliest token must be the
   * reference's, too, wherever its lead is above the largest difference allowed.
   */
  divergence: number | null;
}

/** Between two devices, or to a reference in f32 on a GPU, whose sums run in another order. */
export const DEVICE_BARS: LogitBars = { largest: 1e-3, divergence: null };
/** The CPU engine computes in f32 as the reference does. */
const CPU_BARS: LogitBars = { largest: 1e-4, divergence: null };
/**
 * The reference rounds every activation to f16 where we compute in f32: its median difference is 7e-4, fused 2e-3
 * (SmolLM2-135M, 11 texts). What is computed differently shows in the divergence as well.
 */
const HALF_BARS: LogitBars = { largest: 1e-2, divergence: 1e-3 };

/** @param half whether the reference computes in f16 */
export const barsOf = (half: boolean, device: 'gpu' | 'cpu'): LogitBars =>
  half ? HALF_BARS : device === 'cpu' ? CPU_BARS : DEVICE_BARS;

export interface LogitsCompared {
  /** [tokens][vocab]. */
  ours: readonly Float32Array[];
  /** [tokens × vocab]. */
  expected: Float32Array;
  vocab: number;
  bars: LogitBars;
  by: LogitCheck['by'];
  /** Shows a token in the report. */
  piece: (token: number) => string;
}

/** Holds our logits against a reference's. Values that are not finite never pass. */
export function compareLogits({ ours, expected, vocab, bars, by, piece }: LogitsCompared): LogitCheck {
  let largest = 0;
  for (const value of expected) largest = Math.max(largest, Math.abs(value));
  const allowed = bars.largest * largest;
  let worst = 0;
  let firstDifference: Message | null = null;
  let divergence = 0;
  for (const [t, row] of ours.entries()) {
    const there = expected.subarray(t * vocab, (t + 1) * vocab);
    for (let v = 0; v < vocab; v++) {
      const difference = Math.abs(row[v] - there[v]);
      worst = Number.isFinite(difference) ? Math.max(worst, difference) : Infinity;
      if (!(difference <= allowed))
        firstDifference ??= message('train.difference', {
          token: t + 1,
          piece: piece(t),
          entry: v,
          here: row[v],
          there: there[v],
        });
    }
    if (bars.divergence === null) continue;
    divergence += divergenceOf(there, row) / ours.length;
    const { best, lead } = leader(there);
    const likeliest = leader(row).best;
    if (lead > allowed && likeliest !== best)
      firstDifference ??= message('train.otherToken', { token: t + 1, piece: piece(t), here: likeliest, there: best });
  }
  return {
    ok: firstDifference === null && largest > 0 && (bars.divergence === null || divergence <= bars.divergence),
    by,
    tokens: ours.length,
    relativeError: worst / (largest || 1),
    tolerance: bars.largest,
    divergence: bars.divergence === null ? null : { mean: divergence, tolerance: bars.divergence },
    firstDifference,
  };
}

/** KL(p ‖ q) in nats of the softmax of two rows of logits. */
function divergenceOf(p: Float32Array, q: Float32Array): number {
  const [logP, logQ] = [logSum(p), logSum(q)];
  let sum = 0;
  for (let v = 0; v < p.length; v++) {
    const a = p[v] - logP;
    sum += Math.exp(a) * (a - (q[v] - logQ));
  }
  return sum;
}

function logSum(row: Float32Array): number {
  let most = -Infinity;
  for (const value of row) most = Math.max(most, value);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - most);
  return most + Math.log(sum);
}

/** The likeliest token, and by how much it leads the next. */
function leader(row: Float32Array): { best: number; lead: number } {
  let best = 0;
  let second = -Infinity;
  for (let v = 1; v < row.length; v++) {
    if (row[v] > row[best]) {
      second = row[best];
      best = v;
    } else second = Math.max(second, row[v]);
  }
  return { best, lead: row[best] - second };
}
