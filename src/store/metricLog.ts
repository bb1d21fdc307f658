/**
 * What a run has shown so far, in typed arrays. Grows with the run and stays small: per-module values
 * are thinned to at most `MODULE_ROWS` rows, per-step scalars are kept whole.
 */
import type { AccuracyPoint, Classified, LabelledSet, Predicted } from '../shared/classification';
import type { NoisePoint } from '../shared/experiment';
import type { AdapterWork, GateStats, ModuleId } from '../shared/types';
import type { SkipsAll, RunId, TrainEvent } from '../train/protocol';
import { type NoiseCounts, NoiseSum } from './noise';
import { type WatchEvent, type WatchState, nextTrail, trailOf, trailStates } from './watchTrail';

type StepEvent = Extract<TrainEvent, { type: 'step' }>;
type EvalEvent = Extract<TrainEvent, { type: 'eval' }>;
type SampleEvent = Extract<TrainEvent, { type: 'sample' }>;

/** A Float32Array that grows. */
export class GrowingColumn {
  #data: Float32Array<ArrayBuffer>;
  length: number;

  constructor(values?: Float32Array<ArrayBuffer>) {
    this.#data = new Float32Array(Math.max(256, values?.length ?? 0));
    this.#data.set(values ?? []);
    this.length = values?.length ?? 0;
  }

  push(value: number): void {
    if (this.length === this.#data.length) {
      const bigger = new Float32Array(this.#data.length * 2);
      bigger.set(this.#data);
      this.#data = bigger;
    }
    this.#data[this.length++] = value;
  }

  at(index: number): number {
    return this.#data[index < 0 ? this.length + index : index];
  }

  /** The values so far; valid until the next push. */
  values(): Float32Array {
    return this.#data.subarray(0, this.length);
  }
}

/** Rows kept per module series. When full, every second row goes and the stride doubles. */
export const MODULE_ROWS = 1024;

/** A series as plain data: `rows` rows of `modules` values, and where the thinning stands. */
export interface SeriesSnapshot {
  modules: number;
  steps: Uint32Array<ArrayBuffer>;
  data: Float32Array<ArrayBuffer>;
  stride: number;
  seen: number;
}

/** One value per module and kept step: the rows behind heat map and lines. */
export class ModuleSeries {
  readonly modules: number;
  readonly steps = new Uint32Array(MODULE_ROWS);
  #data: Float32Array;
  #stride = 1;
  #seen = 0;
  rows = 0;

  constructor(modules: number) {
    this.modules = modules;
    this.#data = new Float32Array(MODULE_ROWS * modules);
  }

  snapshot(): SeriesSnapshot {
    return {
      modules: this.modules,
      steps: this.steps.slice(0, this.rows),
      data: this.#data.slice(0, this.rows * this.modules),
      stride: this.#stride,
      seen: this.#seen,
    };
  }

  static restore({ modules, steps, data, stride, seen }: SeriesSnapshot): ModuleSeries {
    const series = new ModuleSeries(modules);
    series.steps.set(steps);
    series.#data.set(data);
    series.#stride = stride;
    series.#seen = seen;
    series.rows = steps.length;
    return series;
  }

  push(step: number, value: (module: number) => number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.rows === MODULE_ROWS) this.#thin();
    this.steps[this.rows] = step;
    const base = this.rows * this.modules;
    for (let m = 0; m < this.modules; m++) this.#data[base + m] = value(m);
    this.rows++;
  }

  /** All modules at kept row `row`. */
  row(row: number): Float32Array {
    return this.#data.subarray(row * this.modules, (row + 1) * this.modules);
  }

  #thin(): void {
    const half = MODULE_ROWS / 2;
    for (let r = 0; r < half; r++) {
      this.steps[r] = this.steps[2 * r];
      this.#data.copyWithin(r * this.modules, 2 * r * this.modules, (2 * r + 1) * this.modules);
    }
    this.rows = half;
    this.#stride *= 2;
    this.#seen = 1;
  }
}

export interface EvalPoint {
  step: number;
  loss: number;
  examples: number;
  supervised: number;
  gate: GateStats | null;
}

/** What a run wrote on from a prompt after `step` steps. */
export type Sample = Pick<SampleEvent, 'step' | 'prompt' | 'expected' | 'text'>;

/** Samples kept per run; when there are more, every second one between the first and the last goes. */
export const MAX_SAMPLES = 400;

/** Values per step, in the columns of a metricLog. */
const COLUMNS = ['step', 'loss', 'learningRate', 'gradNorm', 'speeds'] as const;
type ColumnName = (typeof COLUMNS)[number];

/** Everything of a metricLog that a resumed or reopened run shows and that is plain data already. */
const PLAIN = [
  'modules',
  'parameters',
  'gate',
  'work',
  'watch',
  'samples',
  'accuracy',
  'classified',
  'stopped',
  'dev',
  'shrunk',
  'skipsAll',
  'workDone',
  'workDense',
  'workStep',
  'tokens',
  'ms',
] as const;

/** A metricLog as plain data with typed arrays of its own; the speed of the last steps is left out. */
export interface MetricLogSnapshot
  extends Record<ColumnName, Float32Array<ArrayBuffer>>,
    Pick<MetricLog, (typeof PLAIN)[number]> {
  runId: RunId;
  evals: EvalPoint[];
  skipped: SeriesSnapshot | null;
  tau: SeriesSnapshot | null;
  noise: NoisePoint[];
  trail: WatchState[];
  /** What the training batches since the last evaluation have added up to. */
  noiseSince: NoiseCounts;
}

/** Steps whose wall time makes up the speed shown. */
const SPEED_WINDOW = 20;

export class MetricLog {
  readonly runId: RunId;
  readonly step: GrowingColumn;
  readonly loss: GrowingColumn;
  readonly learningRate: GrowingColumn;
  readonly gradNorm: GrowingColumn;
  /** Tokens per second of each step, waits for measurements included; NaN where unknown. */
  readonly speeds: GrowingColumn;
  readonly evals: EvalPoint[] = [];
  modules: ModuleId[] = [];
  /** Values that are trained. */
  parameters = 0;
  /** Skipped share per module; null for a run without gates. */
  skipped: ModuleSeries | null = null;
  tau: ModuleSeries | null = null;
  /** Of the latest training step. */
  gate: GateStats | null = null;
  work: AdapterWork | null = null;
  /** The watched text as it is now, and as it was at earlier evaluations. */
  watch: WatchEvent | null = null;
  trail: WatchEvent[] = [];
  /**
   * At every evaluation that measured the gates: over the training batches since the last one, and on validation
   * tokens.
   */
  noise: NoisePoint[] = [];
  readonly #own: NoiseSum;
  /** In order of time. */
  samples: Sample[] = [];
  /** Labelled validation examples that it told rightly, at every evaluation; empty where there are no labels. */
  accuracy: AccuracyPoint[] = [];
  /** What it made of every labelled validation example at the end; null before, and without labels. */
  classified: Classified | null = null;
  /** Where early stopping ended the run. */
  stopped: { step: number; bestStep: number; bestLoss: number } | null = null;
  /**
   * Loss on the dev split that no run learns from, at the last look, and the best so far: the adapter that the run ends
   * with.
   */
  dev: { step: number; loss: number; best: { step: number; loss: number } } | null = null;
  /**
   * The scale that its adapter was given after training, with the dev loss there and at scale 1; null where none was
   * looked for.
   */
  shrunk: { scale: number; loss: number; before: number } | null = null;
  /** Modules that skip every token for good. */
  skipsAll: SkipsAll[] = [];
  /** Sums over all steps, in multiply-adds. */
  workDone = 0;
  workDense = 0;
  workStep = 0;
  tokens = 0;
  /**
   * Wall time of all steps in ms, with the measurements between them and the steps of the runs beside it; pauses and
   * the first step, whose begin nobody saw, left out. Null in files of before it was counted.
   */
  ms: number | null = 0;
  #recent: { ms: number; tokens: number }[] = [];
  #skipTiming = true;

  /** @param from an earlier metricLog that this one goes on from */
  constructor(runId: RunId, from?: MetricLogSnapshot) {
    this.runId = runId;
    this.step = new GrowingColumn(from?.step);
    this.loss = new GrowingColumn(from?.loss);
    this.learningRate = new GrowingColumn(from?.learningRate);
    this.gradNorm = new GrowingColumn(from?.gradNorm);
    this.speeds = new GrowingColumn(from?.speeds);
    this.#own = new NoiseSum(from?.noiseSince);
  }

  /**
   * Everything a resumed or reopened run shows. A field that is added to this class is added here or to `PLAIN`, and in
   * `shared/savedSession.ts`.
   */
  snapshot(): MetricLogSnapshot {
    const columns = Object.fromEntries(COLUMNS.map((name) => [name, new Float32Array(this[name].values())])) as Record<
      ColumnName,
      Float32Array<ArrayBuffer>
    >;
    const plain = Object.fromEntries(PLAIN.map((name) => [name, this[name]])) as Pick<
      MetricLog,
      (typeof PLAIN)[number]
    >;
    return {
      runId: this.runId,
      ...columns,
      ...plain,
      samples: [...this.samples],
      accuracy: [...this.accuracy],
      evals: [...this.evals],
      noise: [...this.noise],
      trail: trailStates(this.trail),
      noiseSince: this.#own.counts(),
      skipped: this.skipped?.snapshot() ?? null,
      tau: this.tau?.snapshot() ?? null,
    };
  }

  static restore(s: MetricLogSnapshot): MetricLog {
    const metricLog = new MetricLog(s.runId, s);
    metricLog.evals.push(...s.evals);
    metricLog.skipped = s.skipped && ModuleSeries.restore(s.skipped);
    metricLog.tau = s.tau && ModuleSeries.restore(s.tau);
    // A checkpoint from before these were kept has none.
    const later = {
      dev: s.dev ?? null,
      shrunk: s.shrunk ?? null,
      skipsAll: s.skipsAll ?? [],
      ms: s.ms ?? null,
      accuracy: [...(s.accuracy ?? [])],
      classified: s.classified ?? null,
    };
    return Object.assign(metricLog, Object.fromEntries(PLAIN.map((name) => [name, s[name]])), later, {
      samples: [...s.samples],
      noise: [...s.noise],
      trail: trailOf(s.watch, s.trail ?? []),
    });
  }

  addStep(event: StepEvent): void {
    this.step.push(event.step);
    this.loss.push(event.loss);
    this.learningRate.push(event.learningRate);
    this.gradNorm.push(event.gradNorm);
    this.tokens += event.tokens;
    this.work = event.work;
    this.workDone += event.work.done;
    this.workDense += event.work.dense;
    this.workStep += event.work.step;
    this.#addTiming(event);
    const gate = event.gate;
    if (!gate) return;
    this.gate = gate;
    this.#own.add(gate);
    this.skipped ??= new ModuleSeries(gate.tau.length);
    this.tau ??= new ModuleSeries(gate.tau.length);
    this.skipped.push(event.step, (m) => skippedShare(gate, m));
    this.tau.push(event.step, (m) => gate.tau[m]);
  }

  addEval(event: EvalEvent): void {
    const { step, loss, examples, supervised, gate } = event;
    const point = { step, loss, examples, supervised, gate };
    if (this.evals.at(-1)?.step === step) this.evals[this.evals.length - 1] = point;
    else this.evals.push(point);
    if (!gate) return;
    const fresh = new NoiseSum();
    fresh.add(gate);
    // An evaluation that is repeated replaces its own point; the batches before it were counted the first time.
    for (const found of [this.#own.take(step, false), fresh.take(step, true)]) {
      if (found) this.noise = [...this.noise.filter((n) => n.step !== step || n.fresh !== found.fresh), found];
    }
  }

  addWatch(event: WatchEvent): void {
    const { watch } = this;
    // The base alone is evaluated before the first step.
    const evaluated = watch?.step === 0 || this.evals.some((e) => e.step === watch?.step);
    this.trail = watch ? nextTrail(this.trail, watch, event, evaluated) : [];
    this.watch = event;
  }

  /**
   * The watched text as it was at a step: the last state that is known of then, the first one before that. Null: the
   * latest.
   */
  watchAt(step: number | null): WatchEvent | null {
    if (step === null) return this.watch;
    const states = this.watch ? [...this.trail, this.watch] : [];
    return states.findLast((state) => state.step <= step) ?? states[0] ?? null;
  }

  addAccuracy({ step, right, examples }: AccuracyPoint): void {
    const point = { step, right, examples };
    if (this.accuracy.at(-1)?.step === step) this.accuracy[this.accuracy.length - 1] = point;
    else this.accuracy.push(point);
  }

  addClassified(set: LabelledSet, predicted: Predicted): void {
    this.classified = { ...predicted, set };
  }

  addSample({ step, prompt, expected, text }: SampleEvent): void {
    const again = this.samples.findIndex((s) => s.step === step && s.prompt === prompt);
    this.samples.splice(again < 0 ? this.samples.length : again, 1, { step, prompt, expected, text });
    if (this.samples.length <= MAX_SAMPLES) return;
    const steps = [...new Set(this.samples.map((s) => s.step))];
    const kept = new Set(steps.filter((_, i) => i % 2 === 0 || i === steps.length - 1));
    this.samples = this.samples.filter((s) => kept.has(s.step));
  }

  /** The next step's wall time includes a pause: leave it out of the speed. */
  breakTiming(): void {
    this.#skipTiming = true;
    this.#recent = [];
  }

  /** ms per step and tokens/s over the last steps; null before the second step. */
  speed(): { msPerStep: number; tokensPerSecond: number } | null {
    const ms = this.#recent.reduce((sum, s) => sum + s.ms, 0);
    if (ms <= 0) return null;
    const tokens = this.#recent.reduce((sum, s) => sum + s.tokens, 0);
    return { msPerStep: ms / this.#recent.length, tokensPerSecond: (tokens / ms) * 1000 };
  }

  /** Wall times of the last steps, in ms. */
  recentMs(): number[] {
    return this.#recent.map((s) => s.ms);
  }

  #addTiming(event: StepEvent): void {
    this.speeds.push(this.#skipTiming || event.ms <= 0 ? NaN : (event.tokens / event.ms) * 1000);
    if (this.#skipTiming) {
      this.#skipTiming = false;
      return;
    }
    if (this.ms !== null) this.ms += event.ms;
    this.#recent.push({ ms: event.ms, tokens: event.tokens });
    if (this.#recent.length > SPEED_WINDOW) this.#recent.shift();
  }
}

/** Share of the tokens whose update module `m` skipped, 0–1. */
export function skippedShare(gate: GateStats, m: number): number {
  return gate.tokens[m] === 0 ? 0 : 1 - gate.active[m] / gate.tokens[m];
}

/** Skipped share over all modules, 0–1. */
export function totalSkipped(gate: GateStats): number {
  let tokens = 0;
  let active = 0;
  for (let m = 0; m < gate.tokens.length; m++) {
    tokens += gate.tokens[m];
    active += gate.active[m];
  }
  return tokens === 0 ? 0 : 1 - active / tokens;
}
