/**
 * A run that was recorded with this product, as History exports one: what training looks like where nothing has been
 * trained yet, or nothing can be. It is looked at only; nothing is computed, and nothing kept.
 */
import { MetricLog, type SeriesSnapshot } from './metricLog';
import type { RunFile } from './runFile';
import type { SessionView } from './slices';

/** Where it lies on the app's own site. */
export const RECORDED_RUN = 'recorded/run.zip';

export interface RecordedRun {
  /** Optimizer steps of the longest of its runs. */
  steps: number;
  /** The session as it was after `step` of them. */
  at(step: number): SessionView;
}

/** The rows of a series up to a step. */
function rowsUntil(series: SeriesSnapshot | null, step: number): SeriesSnapshot | null {
  const rows = series?.steps.filter((s) => s <= step).length ?? 0;
  if (!series || rows === 0) return null;
  return { ...series, steps: series.steps.slice(0, rows), data: series.data.slice(0, rows * series.modules) };
}

/** The part of a metricLog up to a step. What is kept of the last step alone is there at the end. */
function until(metricLog: MetricLog, step: number): MetricLog {
  const all = metricLog.snapshot();
  const watch = metricLog.watchAt(step);
  const known = all.step.filter((s) => s <= step).length;
  const evals = all.evals.filter((e) => e.step <= step);
  const whole = known === all.step.length;
  return MetricLog.restore({
    ...all,
    step: all.step.slice(0, known),
    loss: all.loss.slice(0, known),
    learningRate: all.learningRate.slice(0, known),
    gradNorm: all.gradNorm.slice(0, known),
    speeds: all.speeds.slice(0, known),
    evals,
    skipped: rowsUntil(all.skipped, step),
    tau: rowsUntil(all.tau, step),
    gate: whole ? all.gate : (evals.findLast((e) => e.gate)?.gate ?? null),
    watch: watch && watch.step <= step ? watch : null,
    trail: all.trail.filter((state) => state.step <= step && state.step !== watch?.step),
    samples: all.samples.filter((s) => s.step <= step),
  });
}

/** @returns null for a file without a record */
export function recordedRun({ record, metricLogs }: RunFile): RecordedRun | null {
  if (!record) return null;
  const { config, template, mapping, data, devices, startedAt } = record;
  const whole = { config, template, mapping, devices, startedAt, dataName: data, plan: null, failed: new Map() };
  return {
    steps: Math.max(...record.finals.map((f) => f.steps)),
    at: (step) => ({
      ...whole,
      metricLogs: new Map([...metricLogs].map(([id, metricLog]) => [id, until(metricLog, step)])),
      gone: new Set(config.runs.map((r) => r.id)),
    }),
  };
}
