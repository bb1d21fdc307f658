/** MetricLogs as chart data and tables: plain functions from typed arrays to rows. */
import type { ModuleId } from '../shared/types';
import { type Aligned, MAX_POINTS } from './curves';
import type { ModuleSeries, MetricLog } from './metricLog';

export type Grouping = 'layer' | 'module';

/** Skipped share over time, averaged over the modules of a layer or of a kind, which the keys tell. */
export function shareData(
  series: ModuleSeries,
  modules: ModuleId[],
  grouping: Grouping,
): { keys: (number | string)[]; data: Aligned } {
  const key = (m: ModuleId) => (grouping === 'layer' ? m.layer : m.kind);
  const keys = [...new Set(modules.map(key))];
  const member = modules.map((m) => keys.indexOf(key(m)));
  const size = keys.map((_, g) => member.filter((x) => x === g).length);
  const stride = Math.max(1, Math.ceil(series.rows / MAX_POINTS));
  const x: number[] = [];
  const lines = keys.map((): (number | null)[] => []);
  for (let r = 0; r < series.rows; r += stride) {
    x.push(series.steps[r]);
    const row = series.row(r);
    const sums = new Array<number>(keys.length).fill(0);
    for (let m = 0; m < member.length && m < row.length; m++) sums[member[m]] += row[m];
    sums.forEach((s, g) => lines[g].push(s / size[g]));
  }
  return { keys, data: [x, ...lines] };
}

export interface LossRow {
  step: number;
  train: (number | null)[];
  held: (number | null)[];
}

/** Rows of the table behind the loss chart: every evaluation, and the latest step. */
export function lossRows(runs: MetricLog[]): LossRow[] {
  const steps = new Set<number>();
  for (const run of runs) {
    for (const e of run.evals) steps.add(e.step);
    if (run.step.length > 0) steps.add(run.step.at(-1));
  }
  return [...steps]
    .sort((a, b) => a - b)
    .map((step) => ({
      step,
      train: runs.map((r) => lossAt(r, step)),
      held: runs.map((r) => r.evals.find((e) => e.step === step)?.loss ?? null),
    }));
}

function lossAt(run: MetricLog, step: number): number | null {
  const steps = run.step.values();
  if (steps.length === 0) return null;
  // Steps come one by one, so the row is where the first step says; search only if it is not.
  const guess = step - steps[0];
  if (steps[guess] === step) return run.loss.at(guess);
  const at = steps.indexOf(step);
  return at < 0 ? null : run.loss.at(at);
}

/** Share of the chosen modules that keep each token, and their mean r. Null filters mean all. */
export function activePerToken(
  watch: { tokens: string[]; modules: ModuleId[]; active: Uint8Array; ratio: Float32Array },
  layer: number | null,
  kind: string | null,
): { active: Float32Array; ratio: Float32Array; modules: number } {
  const n = watch.tokens.length;
  const active = new Float32Array(n);
  const ratio = new Float32Array(n);
  let modules = 0;
  watch.modules.forEach((m, i) => {
    if ((layer !== null && m.layer !== layer) || (kind !== null && m.kind !== kind)) return;
    modules++;
    for (let t = 0; t < n; t++) {
      active[t] += watch.active[i * n + t];
      ratio[t] += watch.ratio[i * n + t];
    }
  });
  if (modules > 0) {
    for (let t = 0; t < n; t++) {
      active[t] /= modules;
      ratio[t] /= modules;
    }
  }
  return { active, ratio, modules };
}

/**
 * What the updates of each token are worth, over all modules of that layer and kind (null: of all), in nats per loss
 * token.
 */
export function worthPerToken(
  worth: Float32Array,
  modules: readonly ModuleId[],
  only: { layer: number | null; kind: string | null },
): Float32Array {
  const n = worth.length / modules.length;
  const sums = new Float32Array(n);
  modules.forEach((m, i) => {
    if ((only.layer !== null && m.layer !== only.layer) || (only.kind !== null && m.kind !== only.kind)) return;
    for (let t = 0; t < n; t++) sums[t] += worth[i * n + t];
  });
  return sums;
}
