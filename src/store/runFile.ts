/**
 * The file of a saved session: a zip with `metrics.json` (the curves) and a folder per run with its adapter in PEFT's
 * layout; in an exported one also `session.json` (the record). Whatever is read is checked by schema, in bounded
 * memory.
 */
import { downloadZip } from 'client-zip';
import { fromBase64, toBase64 } from '../shared/base64';
import type { z } from '../shared/zod';
import { problemOf } from '../shared/config';
import { StorageError } from '../shared/errors';
import { type MetricsFile, type SavedSession, metricsFileSchema, savedSessionSchema } from '../shared/savedSession';
import { message } from '../shared/message';
import type { GateStats } from '../shared/types';
import type { AdapterFile, RunId } from '../train/protocol';
import { type MetricLogSnapshot, MetricLog, type SeriesSnapshot } from './metricLog';
import { adapterFileCap, readZip } from './zip';

/** Largest file that is taken in, in bytes. */
const MAX_RUN_FILE = 512 << 20;
const RECORD = 'session.json';
const METRICS = 'metrics.json';
const CAPS: Record<string, number> = { [RECORD]: 1 << 20, [METRICS]: 128 << 20 };
/** What version 1 called them. */
const FORMER: Record<string, string> = { 'run.json': RECORD, 'history.json': METRICS };
const today = (path: string): string => (Object.hasOwn(FORMER, path) ? FORMER[path] : path);

/** Nine digits name every f32; what is not finite becomes null. */
const numbers = (values: ArrayLike<number>) =>
  Array.from(values, (x) => (Number.isFinite(x) ? Number(x.toPrecision(9)) : null));
const number = (x: number) => (Number.isFinite(x) ? x : null);
const f32 = (values: (number | null)[]) => Float32Array.from(values, (x) => x ?? NaN);
const u32 = (values: (number | null)[]) => Uint32Array.from(values, (x) => x ?? 0);

type GateJson = NonNullable<MetricsFile['runs'][number]['gate']>;
const gateToJson = (g: GateStats): GateJson => ({
  tau: numbers(g.tau),
  tokens: Array.from(g.tokens),
  active: Array.from(g.active),
  muActive: numbers(g.muActive),
  muSkipped: numbers(g.muSkipped),
  measured: Array.from(g.measured),
  activeHelpful: Array.from(g.activeHelpful),
  skippedHelpful: Array.from(g.skippedHelpful),
  histogram: Array.from(g.histogram),
  rho: number(g.rho),
  tauLearningRate: number(g.tauLearningRate),
  moduleTauLearningRates: g.moduleTauLearningRates && numbers(g.moduleTauLearningRates),
  lambda: number(g.lambda),
  shift: g.shift && numbers(g.shift),
  activeOutsideTraining: g.activeOutsideTraining,
});
const gateFromJson = (g: GateJson): GateStats => ({
  tau: f32(g.tau),
  tokens: u32(g.tokens),
  active: u32(g.active),
  muActive: f32(g.muActive),
  muSkipped: f32(g.muSkipped),
  measured: u32(g.measured),
  activeHelpful: u32(g.activeHelpful),
  skippedHelpful: u32(g.skippedHelpful),
  histogram: Uint32Array.from(g.histogram),
  rho: g.rho ?? NaN,
  tauLearningRate: g.tauLearningRate ?? NaN,
  moduleTauLearningRates: g.moduleTauLearningRates && f32(g.moduleTauLearningRates),
  lambda: g.lambda ?? NaN,
  shift: g.shift && f32(g.shift),
  activeOutsideTraining: g.activeOutsideTraining,
});

type StateJson = MetricsFile['runs'][number]['trail'][number];
type State = MetricLogSnapshot['trail'][number];

/** Three digits of r are what colours and tables show; more of them were most of the file. */
const stateToJson = ({ step, active, ratio, tau }: State): StateJson => ({
  step,
  active: Array.from(active),
  ratio: Array.from(ratio, (r) => (Number.isFinite(r) ? Number(r.toPrecision(3)) : null)),
  tau: tau && numbers(tau),
});

const stateFromJson = ({ step, active, ratio, tau }: StateJson): State => ({
  step,
  active: Uint8Array.from(active),
  ratio: f32(ratio),
  tau: tau && f32(tau),
});

type WatchJson = NonNullable<MetricsFile['runs'][number]['watch']>;
type Watch = NonNullable<MetricLogSnapshot['watch']>;

function watchToJson({ picture, ...watch }: Watch): WatchJson {
  const shown = picture && { size: picture.shown.size, values: toBase64(picture.shown.values) };
  return {
    ...watch,
    ...(shown && { picture: { ...picture, shown } }),
    ...stateToJson(watch),
    ratio: numbers(watch.ratio),
  };
}

function watchFromJson({ picture, ...watch }: WatchJson): Watch {
  const shown = picture && { size: picture.shown.size, values: fromBase64(picture.shown.values) };
  return {
    ...watch,
    ...(shown && { picture: { ...picture, shown } }),
    ...stateFromJson(watch),
  };
}

type SeriesJson = NonNullable<MetricsFile['runs'][number]['skipped']>;
const seriesToJson = (s: SeriesSnapshot): SeriesJson => ({
  modules: s.modules,
  steps: Array.from(s.steps),
  data: numbers(s.data),
  stride: s.stride,
  seen: s.seen,
});
const seriesFromJson = (s: SeriesJson): SeriesSnapshot => ({
  ...s,
  steps: Uint32Array.from(s.steps),
  data: f32(s.data),
});

/** Curves as they go into the file. Of the evaluations only the last keeps its gates, which are the largest part. */
export function metricLogToJson(metricLogs: readonly MetricLogSnapshot[]): MetricsFile {
  const labelled = metricLogs.find((h) => h.classified)?.classified!.set ?? null;
  return {
    format: 'sieve-metrics',
    version: 2,
    labelled,
    runs: metricLogs.map((h) => ({
      ...h,
      classified: h.classified && {
        step: h.classified.step,
        predicted: h.classified.predicted,
        probability: h.classified.probability,
      },
      step: numbers(h.step),
      loss: numbers(h.loss),
      learningRate: numbers(h.learningRate),
      gradNorm: numbers(h.gradNorm),
      speeds: numbers(h.speeds),
      evals: h.evals.map((e, i) => ({ ...e, gate: e.gate && i === h.evals.length - 1 ? gateToJson(e.gate) : null })),
      skipped: h.skipped && seriesToJson(h.skipped),
      tau: h.tau && seriesToJson(h.tau),
      gate: h.gate && gateToJson(h.gate),
      watch: h.watch && watchToJson(h.watch),
      trail: h.trail.map(stateToJson),
      stopped: h.stopped && { ...h.stopped, bestLoss: number(h.stopped.bestLoss) },
      dev: h.dev && {
        step: h.dev.step,
        loss: number(h.dev.loss),
        best: { step: h.dev.best.step, loss: number(h.dev.best.loss) },
      },
    })),
  };
}

function metricLogFromJson(file: MetricsFile): MetricLogSnapshot[] {
  return file.runs.map((h) => ({
    ...h,
    classified: h.classified && { ...h.classified, set: file.labelled! },
    step: f32(h.step),
    loss: f32(h.loss),
    learningRate: f32(h.learningRate),
    gradNorm: f32(h.gradNorm),
    speeds: f32(h.speeds),
    evals: h.evals.map((e) => ({ ...e, gate: e.gate && gateFromJson(e.gate) })),
    skipped: h.skipped && seriesFromJson(h.skipped),
    tau: h.tau && seriesFromJson(h.tau),
    gate: h.gate && gateFromJson(h.gate),
    watch: h.watch && watchFromJson(h.watch),
    trail: h.trail.map(stateFromJson),
    stopped: h.stopped && { ...h.stopped, bestLoss: h.stopped.bestLoss ?? NaN },
    dev: h.dev && {
      step: h.dev.step,
      loss: h.dev.loss ?? NaN,
      best: { step: h.dev.best.step, loss: h.dev.best.loss ?? NaN },
    },
  }));
}

const json = (name: string, value: unknown): AdapterFile => ({
  name,
  bytes: new TextEncoder().encode(JSON.stringify(value)),
});

/** Files of a saved session without its record. */
export function runFiles(
  metricLogs: readonly MetricLogSnapshot[],
  adapters: Record<RunId, AdapterFile[]>,
): AdapterFile[] {
  const folders = Object.entries(adapters).flatMap(([runId, files]) =>
    files.map((f) => ({ name: `${runId}/${f.name}`, bytes: f.bytes })),
  );
  return [json(METRICS, metricLogToJson(metricLogs)), ...folders];
}

/** What that file is called. @param what `training`: it holds what the session goes on with, too */
export function runFileName(
  { id, name }: Pick<SavedSession, 'id' | 'name'>,
  what: 'session' | 'training' = 'session',
): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return `sieve-${what}-${plain || id}.zip`;
}

/** The same with its record, as one file to take away. */
export async function exportedRun(record: SavedSession, files: readonly AdapterFile[]): Promise<Blob> {
  return downloadZip(
    [json(RECORD, record), ...files].map((f) => ({
      name: f.name,
      input: f.bytes,
      lastModified: new Date(record.endedAt),
    })),
  ).blob();
}

export interface RunFile {
  /** There in an exported file only. */
  record: SavedSession | null;
  metricLogs: Map<RunId, MetricLog>;
  /** Files of the adapter of each run that has one. */
  adapters: Map<RunId, AdapterFile[]>;
  /** Runs whose adapters are damaged, and so left out. */
  damaged: RunId[];
  /** Everything but the record, as it was read. */
  files: AdapterFile[];
}

/** The same as plain data, as it comes from a worker. */
export type RunParts = Omit<RunFile, 'metricLogs'> & { metricLogs: MetricLogSnapshot[] };

function parsed<T>(files: readonly AdapterFile[], name: string, schema: z.ZodType<T>): T | null {
  const file = files.find((f) => f.name === name);
  if (!file) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.bytes));
  } catch (error) {
    throw new StorageError(message('store.runFile.noJson', { file: name, why: (error as Error).message }));
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message: problem } = problemOf(result.error.issues[0]);
  throw new StorageError(message('store.runFile.wrong', { file: name, path, problem }));
}

/**
 * Reads the file of a run. Foreign files in it are left alone, damaged adapters left out.
 * @throws {StorageError | AdapterError} when it is no such file, its curves are damaged, or it is over a bound.
 */
export async function readRunParts(zip: Blob): Promise<RunParts> {
  if (zip.size > MAX_RUN_FILE)
    throw new StorageError(message('store.runFile.tooLarge', { bytes: zip.size, most: MAX_RUN_FILE }));
  const damaged = new Set<RunId>();
  const read = await readZip(
    zip,
    (path) => {
      const [folder, name, more] = path.split('/');
      const cap =
        name === undefined
          ? Object.hasOwn(CAPS, today(path))
            ? CAPS[today(path)]
            : null
          : more === undefined && /^[a-z0-9-]{1,60}$/.test(folder)
            ? adapterFileCap(name)
            : null;
      return cap;
    },
    MAX_RUN_FILE,
    (path) => damaged.add(today(path.split('/')[0])),
  );
  const whole = (path: string) => !damaged.has(path.split('/')[0]);
  // Where it is the curves that are damaged, there is nothing to show.
  if (!whole(METRICS) || !whole(RECORD))
    throw new StorageError(message('store.runFile.damaged', { file: whole(METRICS) ? RECORD : METRICS }));
  const files = read.map((f) => ({ ...f, name: today(f.name) })).filter((f) => whole(f.name));
  const metricLog = parsed(files, METRICS, metricsFileSchema);
  if (!metricLog) throw new StorageError(message('store.runFile.noMetricLog'));
  const record = parsed(files, RECORD, savedSessionSchema);
  const adapters = new Map<RunId, AdapterFile[]>();
  for (const f of files) {
    const [runId, name] = f.name.split('/');
    if (name !== undefined) adapters.set(runId, [...(adapters.get(runId) ?? []), { name, bytes: f.bytes }]);
  }
  return {
    record,
    adapters,
    damaged: [...damaged],
    metricLogs: metricLogFromJson(metricLog),
    files: files.filter((f) => f.name !== RECORD),
  };
}

/** What was read, as the page works with it. */
export function restoredRun(parts: RunParts): RunFile {
  return { ...parts, metricLogs: new Map(parts.metricLogs.map((h) => [h.runId, MetricLog.restore(h)])) };
}
