/** Histories as chart data and tables: plain functions from typed arrays to rows. */
import type { ModuleId } from '../shared/types';
import type { ModuleSeries, RunHistory } from './history';

/** Points per line at most; more would not be seen. */
export const MAX_POINTS = 1000;

export type Aligned = [number[], ...(number | null)[][]];

/**
 * Training loss and evaluations of several runs on one axis of steps.
 * Lines per run: training loss (an average over neighbours where there are more steps than points), then evaluations;
 * the base's evaluation, where there is one, comes last as a level line.
 */
export function lossData(runs: RunHistory[], base: RunHistory | undefined): Aligned {
  const last = Math.max(0, ...runs.map((r) => Math.max(r.step.length > 0 ? r.step.at(-1) : 0, r.evals.at(-1)?.step ?? 0)));
  const stride = Math.max(1, Math.ceil(last / MAX_POINTS));
  const slot = (step: number) => Math.ceil(step / stride) * stride;
  const xs = new Set<number>([0, slot(last)]);
  for (const run of runs) {
    for (const step of run.step.values()) xs.add(slot(step));
    for (const e of run.evals) xs.add(e.step);
  }
  const x = [...xs].sort((a, b) => a - b);
  const index = new Map(x.map((step, i) => [step, i]));
  const lines: (number | null)[][] = [];
  for (const run of runs) {
    const sum = new Array<number>(x.length).fill(0);
    const n = new Array<number>(x.length).fill(0);
    const steps = run.step.values();
    const losses = run.loss.values();
    for (let i = 0; i < steps.length; i++) {
      const at = index.get(slot(steps[i]))!;
      sum[at] += losses[i];
      n[at]++;
    }
    lines.push(sum.map((s, i) => (n[i] === 0 ? null : s / n[i])));
    const evals = new Array<number | null>(x.length).fill(null);
    for (const e of run.evals) evals[index.get(e.step)!] = e.loss;
    lines.push(evals);
  }
  const level = base?.evals.at(-1)?.loss;
  if (level !== undefined) lines.push(x.map(() => level));
  return [x, ...lines];
}

export type Grouping = 'layer' | 'module';

/** Skipped share over time, averaged over the modules of a layer or of a kind. */
export function shareData(series: ModuleSeries, modules: ModuleId[], grouping: Grouping): { names: string[]; data: Aligned } {
  const key = (m: ModuleId) => (grouping === 'layer' ? `layer ${m.layer}` : m.kind);
  const names = [...new Set(modules.map(key))];
  const member = modules.map((m) => names.indexOf(key(m)));
  const size = names.map((_, g) => member.filter((x) => x === g).length);
  const stride = Math.max(1, Math.ceil(series.rows / MAX_POINTS));
  const x: number[] = [];
  const lines = names.map((): (number | null)[] => []);
  for (let r = 0; r < series.rows; r += stride) {
    x.push(series.steps[r]);
    const row = series.row(r);
    const sums = new Array<number>(names.length).fill(0);
    for (let m = 0; m < member.length && m < row.length; m++) sums[member[m]] += row[m];
    sums.forEach((s, g) => lines[g].push(s / size[g]));
  }
  return { names, data: [x, ...lines] };
}

export interface LossRow {
  step: number;
  train: (number | null)[];
  held: (number | null)[];
}

/** Rows of the table behind the loss chart: every evaluation, and the latest step. */
export function lossRows(runs: RunHistory[]): LossRow[] {
  const steps = new Set<number>();
  for (const run of runs) {
    for (const e of run.evals) steps.add(e.step);
    if (run.step.length > 0) steps.add(run.step.at(-1));
  }
  return [...steps].sort((a, b) => a - b).map((step) => ({
    step,
    train: runs.map((r) => lossAt(r, step)),
    held: runs.map((r) => r.evals.find((e) => e.step === step)?.loss ?? null),
  }));
}

function lossAt(run: RunHistory, step: number): number | null {
  const steps = run.step.values();
  if (steps.length === 0) return null;
  // Steps come one by one, so the row is where the first step says; search only if it is not.
  const guess = step - steps[0];
  if (steps[guess] === step) return run.loss.at(guess);
  const at = steps.indexOf(step);
  return at < 0 ? null : run.loss.at(at);
}

/** Share of the chosen modules that keep each token, and their mean r. Null filters mean all. */
export function keptPerToken(
  watch: { tokens: string[]; modules: ModuleId[]; kept: Uint8Array; ratio: Float32Array },
  layer: number | null,
  kind: string | null,
): { kept: Float32Array; ratio: Float32Array; modules: number } {
  const n = watch.tokens.length;
  const kept = new Float32Array(n);
  const ratio = new Float32Array(n);
  let modules = 0;
  watch.modules.forEach((m, i) => {
    if ((layer !== null && m.layer !== layer) || (kind !== null && m.kind !== kind)) return;
    modules++;
    for (let t = 0; t < n; t++) {
      kept[t] += watch.kept[i * n + t];
      ratio[t] += watch.ratio[i * n + t];
    }
  });
  if (modules > 0) {
    for (let t = 0; t < n; t++) {
      kept[t] /= modules;
      ratio[t] /= modules;
    }
  }
  return { kept, ratio, modules };
}
