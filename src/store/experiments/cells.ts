/** One variant's result with one seed, from what its run has shown. */
import { type Classified, type Written, scoresOf } from '../../shared/classification';
import type { RunConfig } from '../../shared/config';
import type { ErrorInfo } from '../../shared/errors';
import type { Accuracy, Cell, ModuleMeasure, TokenClassRow } from '../../shared/experiment';
import type { UsedDevice } from '../../shared/types';
import { type MetricLog, totalSkipped } from '../metricLog';
import type { Job } from './plan';

/** Points of a kept training curve at most. */
const CURVE_POINTS = 200;

export interface Measured {
  accuracy: Accuracy | null;
  classes: TokenClassRow[];
  modules: ModuleMeasure[] | null;
}

export interface Finished extends Measured {
  run: RunConfig;
  metricLog: MetricLog;
  base: number | null;
  failed: ErrorInfo | null;
  parameters: number;
  devices: UsedDevice[];
  ms: number;
  finishedAt: number;
}

export function cellOf(experiment: string, { stage, seed }: Pick<Job, 'stage' | 'seed'>, done: Finished): Cell {
  const { run, metricLog, base, failed, parameters, devices, ms, finishedAt, accuracy, classes, modules } = done;
  const last = metricLog.evals.at(-1);
  return {
    experiment,
    stage,
    seed,
    variant: run.id,
    name: run.name,
    failed: failed ? { code: failed.code, params: failed.params } : null,
    finishedAt,
    ms,
    parameters,
    devices,
    base,
    loss: failed ? null : (last?.loss ?? null),
    evals: metricLog.evals.map(({ step, loss }) => ({ step, loss })),
    curve: curveOf(metricLog),
    skipped: last?.gate ? totalSkipped(last.gate) : null,
    accuracy,
    noise: [...metricLog.noise],
    classes,
    only: run.only,
    modules,
  };
}

/** What labels and written answers say of a run; null where the data has neither. */
export function accuracyOf(classified: Classified | null, written: Written | null): Accuracy | null {
  if (!classified && !written) return null;
  const scores = classified && scoresOf(classified.set.labels, classified.predicted, classified.set.classes.length);
  return {
    examples: scores?.examples ?? written!.examples,
    candidates: classified?.set.classes.length ?? null,
    likelihood: scores?.accuracy?.share ?? null,
    macroF1: scores?.macroF1 ?? null,
    generated: written?.exactMatch ?? null,
    tokenF1: written?.tokenF1 ?? null,
  };
}

/** Training loss as means over equal stretches of steps. */
function curveOf(metricLog: Pick<MetricLog, 'step' | 'loss'>): { step: number; loss: number }[] {
  const [steps, losses] = [metricLog.step.values(), metricLog.loss.values()];
  const stride = Math.max(1, Math.ceil(steps.length / CURVE_POINTS));
  return Array.from({ length: Math.ceil(steps.length / stride) }, (_, i) => {
    const part = losses.subarray(i * stride, (i + 1) * stride);
    return {
      step: steps[Math.min(steps.length, (i + 1) * stride) - 1],
      loss: part.reduce((a, b) => a + b, 0) / part.length,
    };
  }).filter((p) => Number.isFinite(p.loss));
}

/** Active share of each module over the last third of a probe's kept steps; null where the run has no gates. */
export function activeShares(metricLog: Pick<MetricLog, 'skipped'>): number[] | null {
  const { skipped } = metricLog;
  if (!skipped || skipped.rows === 0) return null;
  const from = Math.floor((skipped.rows * 2) / 3);
  return Array.from({ length: skipped.modules }, (_, m) => {
    let kept = 0;
    for (let r = from; r < skipped.rows; r++) kept += 1 - skipped.row(r)[m];
    return kept / (skipped.rows - from);
  });
}
