/**
 * The statistics of a comparison over seeds: means with t intervals, differences paired by seed, rank correlation, and
 * what they say in words. Small samples only: everything is summed directly, in doubles.
 */

export interface Interval {
  mean: number;
  /** Half the width of the 95 % interval, `mean ± half`; null with fewer than two values. */
  half: number | null;
  n: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** Standard deviation of a sample (n − 1); null with fewer than two values. */
export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1));
}

/** Mean and its 95 % interval from Student's t; null without values. */
export function interval(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const s = deviation(values);
  const half = s === null ? null : (tQuantile(0.975, values.length - 1) * s) / Math.sqrt(values.length);
  return { mean: mean(values), half, n: values.length };
}

/** Interval of `a[i] − b[i]` over the places where both have a value; null where there is none. */
export function pairedDifference(a: readonly (number | null)[], b: readonly (number | null)[]): Interval | null {
  const differences: number[] = [];
  a.forEach((x, i) => {
    const y = b[i];
    if (x !== null && y !== null && y !== undefined) differences.push(x - y);
  });
  return interval(differences);
}

/** ln Γ(x) for x > 0: Stirling's series, after a shift to where its three terms are good to 1e-12. */
function lnGamma(x: number): number {
  let shift = 0;
  for (; x < 20; x++) shift -= Math.log(x);
  return (
    shift +
    (x - 0.5) * Math.log(x) -
    x +
    0.5 * Math.log(2 * Math.PI) +
    1 / (12 * x) -
    1 / (360 * x ** 3) +
    1 / (1260 * x ** 5)
  );
}

/** Continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), by Lentz's method. */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const guard = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let f = d;
  for (let m = 1; m < 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    f *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    f *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return f;
}

/** Regularised incomplete beta function I_x(a, b). */
function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(a, b, x)) / a : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

/** P(T ≤ t) of Student's distribution with `df` degrees of freedom. */
export function tProbability(t: number, df: number): number {
  const tail = incompleteBeta(df / 2, 0.5, df / (df + t * t)) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** t with P(T ≤ t) = p, 0.5 ≤ p < 1, by bisection. */
export function tQuantile(p: number, df: number): number {
  let low = 0;
  let high = 1;
  while (tProbability(high, df) < p) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (tProbability(middle, df) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Ranks from 1, smallest first; equal values share the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, j) => values[i] - values[j]);
  const out = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) out[order[k]] = (from + 1 + to) / 2;
    from = to;
  }
  return out;
}

/** Spearman's rank correlation, ties by mean ranks; null with fewer than two places or where one side is constant. */
export function spearman(a: readonly number[], b: readonly number[]): number | null {
  if (a.length !== b.length) throw new Error(`rank correlation of ${a.length} with ${b.length} values`);
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((r, i) => {
    xy += (r - middle) * (y[i] - middle);
    xx += (r - middle) ** 2;
    yy += (y[i] - middle) ** 2;
  });
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

/**
 * Mean rank correlation over all pairs of rows: how stable a ranking is from seed to seed. Null with fewer than two
 * rows.
 */
export function rankStability(rows: readonly (readonly number[])[]): number | null {
  const all: number[] = [];
  rows.forEach((a, i) =>
    rows.slice(i + 1).forEach((b) => {
      const r = spearman(a, b);
      if (r !== null) all.push(r);
    }),
  );
  return all.length > 0 ? mean(all) : null;
}

export type Effect = 'lower' | 'higher' | 'none' | 'unknown';

/** Whether an interval of differences leaves 0 out, and on which side. One pair tells nothing. */
export function effect(d: Interval | null): Effect {
  if (!d || d.half === null) return 'unknown';
  // Differences that are all the same have no width; so have those that are all 0.
  if (Math.abs(d.mean) <= d.half || d.mean === 0) return 'none';
  return d.mean < 0 ? 'lower' : 'higher';
}

/** A share with its interval, all 0–1. */
export interface Share {
  share: number;
  low: number;
  high: number;
}

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/**
 * Share of `hits` among `n` with its 95 % interval after Wilson (1927), which holds for few trials and for shares near
 * 0 and 1; null without trials.
 */
export function wilson(hits: number, n: number): Share | null {
  if (n === 0) return null;
  const share = hits / n;
  const z2 = Z ** 2 / n;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z / (1 + z2)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
