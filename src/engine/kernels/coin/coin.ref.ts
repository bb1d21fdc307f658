import { mixBits } from '../dropout/hash';

/** Σ of ±|μ| over the rows where the gate and the coin's sign disagree, in f64. */
export function coinSumRef(
  mu: ArrayLike<number>,
  open: ArrayLike<number>,
  at: { seed: number; draw: number; module: number; first: number; rows: number },
): number {
  let sum = 0;
  for (let row = 0; row < at.rows; row++) {
    const words = [at.draw, at.module + 0xc2b2ae35, at.first + row];
    const sign = words.reduce((hash, word) => mixBits(hash ^ word), mixBits(at.seed + 0x6d2b79f5)) % 2 === 1 ? 1 : -1;
    if (sign > 0 === open[row] > 0) sum += sign * Math.abs(mu[row]);
  }
  return sum;
}
