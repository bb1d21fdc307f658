/**
 * MetricLogs as curves: what a line chart draws, thinned to what can be seen, for any number of runs. Plain functions.
 */
import type { MetricLog } from './metricLog';

/** Points per line at most; more would not be seen. */
export const MAX_POINTS = 1000;

export type Aligned = [number[], ...(number | null)[][]];

/** One line: values by step. `exact` points (evaluations) are never averaged. */
export interface Curve {
  steps: ArrayLike<number>;
  values: ArrayLike<number>;
  exact?: boolean;
}

export type CurveMetric = 'loss' | 'gradNorm' | 'learningRate' | 'speeds';

export const curveOf = (run: MetricLog, metric: CurveMetric): Curve => ({
  steps: run.step.values(),
  values: run[metric].values(),
});

/** Validation losses. Every run begins as the base, so the base's loss before the first step is its first. */
export function evalCurve(run: MetricLog, base?: MetricLog): Curve {
  const start = base?.evals.find((e) => e.step === 0);
  const points = start && !run.evals.some((e) => e.step === 0) ? [start, ...run.evals] : run.evals;
  return { steps: points.map((e) => e.step), values: points.map((e) => e.loss), exact: true };
}

/** Shares of validation examples that were classified rightly. Every run begins as the base, as with losses. */
export function accuracyCurve(run: MetricLog, base?: MetricLog): Curve {
  const start = base?.accuracy.find((p) => p.step === 0);
  const points = start && !run.accuracy.some((p) => p.step === 0) ? [start, ...run.accuracy] : run.accuracy;
  return { steps: points.map((p) => p.step), values: points.map((p) => p.right / p.examples), exact: true };
}

/**
 * Exponential average of a curve, bias-corrected so that it starts at the first value; what is not finite is passed
 * over.
 * @param weight 0 (as it is) to just under 1: how much of the past each point keeps
 */
export function smooth({ steps, values, exact }: Curve, weight: number): Curve {
  if (weight === 0 || exact) return { steps, values, exact };
  const out = new Float64Array(values.length);
  let [sum, norm] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) {
      sum = weight * sum + (1 - weight) * values[i];
      norm = weight * norm + (1 - weight);
    }
    out[i] = norm > 0 ? sum / norm : NaN;
  }
  return { steps, values: out };
}

/** Last step of any curve. */
const lastStep = (curves: readonly Curve[]): number =>
  Math.max(0, ...curves.map((c) => (c.steps.length > 0 ? c.steps[c.steps.length - 1] : 0)));

/**
 * Curves on one axis of steps. Where there are more steps in `range` than points, neighbours are averaged; outside of
 * it nothing is kept but the nearest point on either side, so that lines run on to the edge.
 */
export function align(curves: readonly Curve[], range: readonly [number, number] | null = null): Aligned {
  const [from, to] = range ?? [0, lastStep(curves)];
  const stride = Math.max(1, Math.ceil((to - from) / MAX_POINTS));
  const base = Math.ceil(from / stride);
  const slots = Math.ceil(to / stride) - base + 1;
  const xs = new Set<number>();
  // Called for every redraw, over every step there is: flat arrays, and a map only for the few that have no slot.
  const parts = curves.map(({ steps, values, exact }) => {
    const sums = new Float64Array(slots);
    const counts = new Uint32Array(slots);
    const single = new Map<number, number>();
    let first = 0;
    while (first < steps.length && steps[first] < from) first++;
    for (let i = Math.max(0, first - 1); i < steps.length; i++) {
      const step = steps[i];
      if (Number.isFinite(values[i])) {
        if (exact || step < from || step > to) single.set(step, values[i]);
        else {
          const at = Math.ceil(step / stride) - base;
          sums[at] += values[i];
          counts[at]++;
        }
      }
      if (step > to) break;
    }
    for (let at = 0; at < slots; at++) if (counts[at] > 0) xs.add((base + at) * stride);
    for (const step of single.keys()) xs.add(step);
    return (x: number) => {
      const one = single.get(x);
      if (one !== undefined) return one;
      const at = x / stride - base;
      return counts[at] > 0 ? sums[at] / counts[at] : null;
    };
  });
  const x = [...xs].sort((a, b) => a - b);
  return [x, ...parts.map((valueOf) => x.map(valueOf))];
}

/** Every step of every curve as rows, header first: nothing thinned, nothing smoothed. */
export function curveRows(names: readonly string[], curves: readonly Curve[]): (string | number | null)[][] {
  const byStep = curves.map(({ steps, values }) => new Map(Array.from(steps, (s, i) => [s, values[i]])));
  const steps = [...new Set(byStep.flatMap((m) => [...m.keys()]))].sort((a, b) => a - b);
  return [['step', ...names], ...steps.map((s) => [s, ...byStep.map((m) => m.get(s) ?? null)])];
}

/** The last value at or before `step` in an aligned line; null where there is none. */
export function valueAt([x, ...lines]: Aligned, line: number, step: number | null): number | null {
  for (let i = x.length - 1; i >= 0; i--) {
    if ((step === null || x[i] <= step) && lines[line][i] !== null) return lines[line][i];
  }
  return null;
}
