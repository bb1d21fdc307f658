/** Modules ranked by how many tokens they keep, and how far that ranking can be trusted. Plain functions. */
import { deviation, mean, rankStability, ranks, spearman } from '../shared/stats';
import type { ModuleSeries, MetricLog } from './metricLog';

/** Parts that the second half of a run is cut into, to see whether the ranking holds still. */
const WINDOWS = 4;

interface RankedModule {
  /** Index of the module in its run. */
  module: number;
  /** Mean active share over the last quarter of the rows, 0–1. */
  share: number;
  /** Standard deviation of the share between the windows; null with fewer than two. */
  spread: number | null;
  /** 1 = keeps most. Equal shares share a rank. */
  rank: number;
}

export interface ActiveShareRanking {
  /** Most active first. */
  modules: RankedModule[];
  /** Steps that the shares are averaged over. */
  from: number;
  to: number;
  /** Mean rank correlation between the windows of the second half; null while there is too little. */
  overTime: number | null;
  /** Rank correlation with other runs that adapt the same modules. */
  withRuns: { runId: string; correlation: number | null }[];
}

/** Mean active share per module over rows [from, to). */
function activeShares(series: ModuleSeries, from: number, to: number): number[] {
  const sums = new Array<number>(series.modules).fill(0);
  for (let r = from; r < to; r++)
    series.row(r).forEach((skipped, m) => {
      sums[m] += 1 - skipped;
    });
  return sums.map((s) => s / Math.max(1, to - from));
}

const lately = (series: ModuleSeries) => activeShares(series, Math.floor(series.rows * 0.75), series.rows);

const sameModules = (a: MetricLog, b: MetricLog) =>
  a.modules.length === b.modules.length &&
  a.modules.every((m, i) => m.layer === b.modules[i].layer && m.kind === b.modules[i].kind);

/** @returns null before the first step of a gated run. */
export function ranking(run: MetricLog, others: readonly MetricLog[]): ActiveShareRanking | null {
  const series = run.skipped;
  if (!series || series.rows === 0) return null;
  const shares = lately(series);
  const half = Math.floor(series.rows / 2);
  const edges = Array.from({ length: WINDOWS + 1 }, (_, i) => half + Math.round(((series.rows - half) * i) / WINDOWS));
  const windows = edges.slice(1).flatMap((to, i) => (to > edges[i] ? [activeShares(series, edges[i], to)] : []));
  const place = ranks(shares.map((s) => -s));
  const modules = shares.map(
    (share, module): RankedModule => ({
      module,
      share,
      spread: deviation(windows.map((w) => w[module])),
      rank: place[module],
    }),
  );
  return {
    modules: modules.sort((a, b) => a.rank - b.rank || a.module - b.module),
    from: series.steps[Math.floor(series.rows * 0.75)],
    to: series.steps[series.rows - 1],
    overTime: rankStability(windows),
    withRuns: others.flatMap((other) =>
      other !== run && other.skipped && other.skipped.rows > 0 && sameModules(run, other)
        ? [{ runId: other.runId, correlation: spearman(shares, lately(other.skipped)) }]
        : [],
    ),
  };
}

/** Mean active share over all modules. */
export const meanShare = (r: ActiveShareRanking): number => mean(r.modules.map((m) => m.share));
