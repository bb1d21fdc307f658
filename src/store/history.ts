/**
 * What a run has shown so far, in typed arrays. Grows with the run and stays small: per-module values
 * are thinned to at most `MODULE_ROWS` rows, per-step scalars are kept whole.
 */
import type { AdapterWork, GateStats, ModuleId } from '../shared/types';
import type { RunId, TrainEvent } from '../train/protocol';

type StepEvent = Extract<TrainEvent, { type: 'step' }>;
type EvalEvent = Extract<TrainEvent, { type: 'eval' }>;
type WatchEvent = Extract<TrainEvent, { type: 'watch' }>;

/** A Float32Array that grows. */
export class Column {
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
    return { modules: this.modules, steps: this.steps.slice(0, this.rows), data: this.#data.slice(0, this.rows * this.modules), stride: this.#stride, seen: this.#seen };
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

/** A history as plain data with typed arrays of its own; times are left out. */
export interface HistorySnapshot {
  runId: RunId;
  step: Float32Array<ArrayBuffer>;
  loss: Float32Array<ArrayBuffer>;
  learningRate: Float32Array<ArrayBuffer>;
  gradNorm: Float32Array<ArrayBuffer>;
  evals: EvalPoint[];
  modules: ModuleId[];
  skipped: SeriesSnapshot | null;
  tau: SeriesSnapshot | null;
  gate: GateStats | null;
  work: AdapterWork | null;
  watch: WatchEvent | null;
  workDone: number;
  workDense: number;
  workStep: number;
  tokens: number;
}

/** Steps whose wall time makes up the speed shown. */
const SPEED_WINDOW = 20;

export class RunHistory {
  readonly runId: RunId;
  readonly step: Column;
  readonly loss: Column;
  readonly learningRate: Column;
  readonly gradNorm: Column;
  readonly evals: EvalPoint[] = [];
  modules: ModuleId[] = [];
  /** Skipped share per module; null for a run without gates. */
  skipped: ModuleSeries | null = null;
  tau: ModuleSeries | null = null;
  /** Of the latest training step. */
  gate: GateStats | null = null;
  work: AdapterWork | null = null;
  watch: WatchEvent | null = null;
  /** Sums over all steps, in multiply-adds. */
  workDone = 0;
  workDense = 0;
  workStep = 0;
  tokens = 0;
  #recent: { ms: number; tokens: number }[] = [];
  #skipTiming = true;

  /** @param from the columns of an earlier history that this one goes on from. */
  constructor(runId: RunId, from?: Pick<HistorySnapshot, 'step' | 'loss' | 'learningRate' | 'gradNorm'>) {
    this.runId = runId;
    this.step = new Column(from?.step);
    this.loss = new Column(from?.loss);
    this.learningRate = new Column(from?.learningRate);
    this.gradNorm = new Column(from?.gradNorm);
  }

  /** Everything a resumed or reopened run shows. A field that is added to this class is added here and in `restore`. */
  snapshot(): HistorySnapshot {
    const { runId, evals, modules, gate, work, watch, workDone, workDense, workStep, tokens } = this;
    const copy = (column: Column) => new Float32Array(column.values());
    return {
      runId, step: copy(this.step), loss: copy(this.loss), learningRate: copy(this.learningRate), gradNorm: copy(this.gradNorm),
      evals: [...evals], modules, skipped: this.skipped?.snapshot() ?? null, tau: this.tau?.snapshot() ?? null,
      gate, work, watch, workDone, workDense, workStep, tokens,
    };
  }

  static restore(s: HistorySnapshot): RunHistory {
    const history = new RunHistory(s.runId, s);
    history.evals.push(...s.evals);
    history.skipped = s.skipped && ModuleSeries.restore(s.skipped);
    history.tau = s.tau && ModuleSeries.restore(s.tau);
    const { modules, gate, work, watch, workDone, workDense, workStep, tokens } = s;
    return Object.assign(history, { modules, gate, work, watch, workDone, workDense, workStep, tokens });
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

  #addTiming(event: StepEvent): void {
    if (this.#skipTiming) {
      this.#skipTiming = false;
      return;
    }
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
