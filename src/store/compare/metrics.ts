/**
 * Where runs ended, beside one another and against one of them. Plain functions; numbers are rounded where they are
 * shown.
 */
import { type Contender, comparable } from './contenders';

interface Metrics {
  loss: number | null;
  perplexity: number | null;
  /** Share of validation tokens × modules that were skipped; null without gates. */
  skipped: number | null;
  parameters: number | null;
  /** Wall time of its steps in ms, with those of the runs that were trained beside it. */
  time: number | null;
}
export type Metric = keyof Metrics;

/**
 * Digits after the point that are shown, and no more: a loss of three digits gives a perplexity of about three. Shares
 * are in percent, times in seconds.
 */
export function digitsOf(metric: Metric, value: number): number {
  if (metric === 'loss') return 3;
  if (metric === 'skipped') return 1;
  return metric === 'perplexity' && Math.abs(value) < 100 ? 1 : 0;
}
const SCALE: Record<Metric, number> = { loss: 1, perplexity: 1, skipped: 100, parameters: 1, time: 1e-3 };

export interface MetricRow {
  contender: Contender;
  metrics: Metrics;
  /** Whether its losses were measured on the same text with the same model as the reference's. */
  comparable: boolean;
  /** Own minus the reference's; null for the reference itself and where the two do not compare. */
  difference: Metrics;
  /** Metrics in which it is better than all others it compares with, as far as the digits tell. */
  best: ReadonlySet<Metric>;
}

function metricsOf({ kind, run, measured }: Contender): Metrics {
  const loss = kind === 'base' ? (measured?.base ?? null) : (run?.final.loss ?? null);
  return {
    loss,
    perplexity: loss === null ? null : Math.exp(loss),
    skipped: run?.final.skipped ?? null,
    // A base has nothing that is trained.
    parameters: run && run.final.parameters > 0 ? run.final.parameters : null,
    time: run?.metricLog.ms ? run.metricLog.ms : null,
  };
}

const ALL: readonly Metric[] = ['loss', 'perplexity', 'skipped', 'parameters', 'time'];
/** Where less is better; of a share that is skipped, or of shared time, nobody can say that. */
const LESS_IS_BETTER: readonly Metric[] = ['loss', 'perplexity', 'parameters'];
/** Compare only on the same validation text. */
const HELD_OUT: ReadonlySet<Metric> = new Set<Metric>(['loss', 'perplexity', 'skipped']);

/** A value as the digits show it, so that what looks equal is equal. */
const rounded = (metric: Metric, value: number): number =>
  Number((value * SCALE[metric]).toFixed(digitsOf(metric, value)));

export function metricRows(shown: readonly Contender[], reference: Contender | null): MetricRow[] {
  const own = shown.map(metricsOf);
  const at = reference ? shown.indexOf(reference) : -1;
  const fits = shown.map(
    (c) => reference !== null && (c === reference ? c.measured !== null : comparable(c.measured, reference.measured)),
  );
  const rows = shown.map((contender, i): MetricRow => {
    const difference = Object.fromEntries(
      ALL.map((m) => {
        const [a, b] = [own[i][m], at < 0 ? null : own[at][m]];
        return [m, i === at || a === null || b === null || (HELD_OUT.has(m) && !fits[i]) ? null : a - b];
      }),
    ) as unknown as Metrics;
    return { contender, metrics: own[i], comparable: fits[i], difference, best: new Set() };
  });
  for (const m of LESS_IS_BETTER) {
    const values = rows.flatMap((row) => {
      const v = row.metrics[m];
      return v === null || (HELD_OUT.has(m) && !row.comparable) ? [] : [{ row, value: rounded(m, v) }];
    });
    const least = Math.min(...values.map((v) => v.value));
    const winners = values.filter((v) => v.value === least);
    // Best of one, or all alike, is no distinction.
    if (values.length < 2 || winners.length === values.length) continue;
    for (const { row } of winners) row.best = new Set([...row.best, m]);
  }
  return rows;
}
