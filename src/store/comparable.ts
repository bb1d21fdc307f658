/**
 * One trained run with everything that a comparison reads, wherever it comes from: the session on the page, or a kept
 * run, whose file holds the same. Nothing is computed that the run did not measure.
 */
import type { SessionConfig, RunConfig, TrainConfig } from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import type { Message } from '../shared/message';
import type { SavedSession } from '../shared/savedSession';
import type { ModuleId, UsedDevice } from '../shared/types';
import type { ModelSource, RunId } from '../train/protocol';
import { type Curve, curveOf, evalCurve } from './curves';
import { type MetricLog, skippedShare, totalSkipped } from './metricLog';
import type { SessionView } from './slices';

/** Share of tokens whose update each module skipped, 0–1. */
interface ModuleSkips {
  /**
   * 'validation': at the run's last evaluation that measured gates. 'training': at its last step, where no evaluation
   * did.
   */
  on: 'validation' | 'training';
  step: number;
  modules: readonly ModuleId[];
  /** By module, in their order. */
  shares: number[];
}

export interface ComparableRun {
  /** Unlike any other's: `<saved session>/<run>`; for the session on the page `session/<run>`. */
  key: string;
  /** Record under History that it belongs to; null for the session on the page. */
  saved: string | null;
  runId: RunId;
  /** The run's own name, and what it was part of (empty for the session on the page). */
  name: string;
  of: string;
  config: RunConfig;
  /** Settings that all runs of its session share. */
  train: TrainConfig;
  model: ModelSource;
  /** What it was computed on, in order. */
  devices: readonly UsedDevice[];
  data: string;
  /** What its data were made from; null where nobody knows. */
  recipe: DataRecipe | null;
  template: PromptTemplate;
  startedAt: number;
  /** Why it failed; null when it did not. */
  failed: Message | string | null;
  /** null where nothing was measured; losses in nats per token. */
  final: {
    /** Optimizer steps done. */
    steps: number;
    /** Step of the last evaluation. */
    evaluatedAt: number | null;
    loss: number | null;
    /** Validation loss of the base model. */
    base: number | null;
    best: { step: number; loss: number } | null;
    /** Share of validation tokens × modules that were skipped; null without gates. */
    skipped: number | null;
    /** Share of the adapter's multiply-adds that were left out over all steps; null without gates. */
    workSaved: number | null;
    /** Validation examples of the last evaluation. Losses on different ones do not compare. */
    examples: number | null;
    supervised: number | null;
    parameters: number;
    /** Seen in training. */
    tokens: number;
    /** Step at which early stopping ended it. */
    stoppedAt: number | null;
  };
  /** By step. Validation begins with the base's loss. */
  curves: { train: Curve; validation: Curve; gradNorm: Curve; learningRate: Curve };
  /** null without gates. */
  skips: ModuleSkips | null;
  /** All it has shown: series per module, samples, the watched text. */
  metricLog: MetricLog;
}

/** What a session and the record of a saved session have in common. */
interface Origin {
  saved: string | null;
  of: string;
  config: SessionConfig;
  model: ModelSource;
  devices: readonly UsedDevice[];
  data: string;
  recipe: DataRecipe | null;
  template: PromptTemplate;
  startedAt: number;
  failed: (runId: RunId) => Message | string | null;
}

function skipsOf(metricLog: MetricLog): ModuleSkips | null {
  const measured = metricLog.evals.findLast((e) => e.gate !== null);
  const gate = measured?.gate ?? metricLog.gate;
  if (!gate) return null;
  const step = measured?.step ?? (metricLog.step.length > 0 ? metricLog.step.at(-1) : 0);
  return {
    on: measured ? 'validation' : 'training',
    step,
    modules: metricLog.modules,
    shares: Array.from(gate.tokens, (_, m) => skippedShare(gate, m)),
  };
}

function comparable(from: Origin, metricLogs: ReadonlyMap<RunId, MetricLog>): ComparableRun[] {
  const base = metricLogs.get('base');
  return from.config.runs.flatMap((config) => {
    const metricLog = metricLogs.get(config.id);
    if (!metricLog) return [];
    const last = metricLog.evals.at(-1);
    const best = metricLog.evals.length > 0 ? metricLog.evals.reduce((a, b) => (b.loss < a.loss ? b : a)) : null;
    return [
      {
        key: `${from.saved ?? 'session'}/${config.id}`,
        saved: from.saved,
        runId: config.id,
        name: config.name,
        of: from.of,
        config,
        train: from.config.train,
        model: from.model,
        devices: from.devices,
        data: from.data,
        recipe: from.recipe,
        template: from.template,
        startedAt: from.startedAt,
        failed: from.failed(config.id),
        final: {
          steps: metricLog.step.length > 0 ? metricLog.step.at(-1) : 0,
          evaluatedAt: last?.step ?? null,
          loss: last?.loss ?? null,
          base: base?.evals.at(-1)?.loss ?? null,
          best: best && { step: best.step, loss: best.loss },
          skipped: last?.gate ? totalSkipped(last.gate) : null,
          workSaved: metricLog.gate && metricLog.workDense > 0 ? 1 - metricLog.workDone / metricLog.workDense : null,
          examples: last?.examples ?? null,
          supervised: last?.supervised ?? null,
          parameters: metricLog.parameters,
          tokens: metricLog.tokens,
          stoppedAt: metricLog.stopped?.step ?? null,
        },
        curves: {
          train: curveOf(metricLog, 'loss'),
          validation: evalCurve(metricLog, base),
          gradNorm: curveOf(metricLog, 'gradNorm'),
          learningRate: curveOf(metricLog, 'learningRate'),
        },
        skips: skipsOf(metricLog),
        metricLog,
      },
    ];
  });
}

/**
 * Runs of the session on the page, as they are now: curves are views that the next step may outgrow.
 * @param kept all records: the session's own, once it is kept, knows what its data were made from
 */
export function sessionRuns(
  session: SessionView,
  model: ModelSource,
  kept: readonly SavedSession[] = [],
): ComparableRun[] {
  const { config, devices, dataName: data, template, startedAt, failed } = session;
  return comparable(
    {
      saved: null,
      of: '',
      config,
      model,
      devices,
      data,
      recipe: kept.find((r) => r.startedAt === startedAt)?.recipe ?? null,
      template,
      startedAt,
      failed: (id) => failed.get(id) ?? null,
    },
    session.metricLogs,
  );
}

/** Runs of a kept record, with the curves that its file holds. */
export function runsOfSaved(record: SavedSession, metricLogs: ReadonlyMap<RunId, MetricLog>): ComparableRun[] {
  const { id, name, config, model, devices, data, recipe, template, startedAt, finals } = record;
  const failed = (runId: RunId) => finals[config.runs.findIndex((r) => r.id === runId)]?.failed ?? null;
  return comparable(
    { saved: id, of: name, config, model, devices, data, recipe, template, startedAt, failed },
    metricLogs,
  );
}
