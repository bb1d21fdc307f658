/**
 * What a person can do under Configure, as commands: changing fields, adding runs, presets, timing, settings in and
 * out. The memory plan follows by itself.
 */
import {
  type SessionConfig,
  METHOD_NAMES,
  type RunConfig,
  type TrainConfig,
  defaultSession,
  sessionProblems,
  parseSession,
  runSchema,
  rankOf,
  withFirstRanks,
} from '../../shared/config';
import type { PrepareReport } from '../../shared/data';
import { ConfigError, toErrorInfo } from '../../shared/errors';
import { message } from '../../shared/message';
import { bytesOfSets } from '../../shared/tokenSets';
import type { ModelInfo, RunId } from '../../train/protocol';
import { draftProblems, refuseTwo } from '../checks';
import { type DatasetCommands, SETTLE } from '../dataset';
import type { Page } from '../page';
import type { RunsSlice, State } from '../slices';
import type { TrainClient } from '../trainClient';
import { WorkerFault } from '../workerClient';
import { sessionChanges } from './changes';
import { describeProblem } from './names';
import { TRAIN } from '../../shared/settings/train';
import { type Preset, type Surroundings, applyPreset, presetFor, usualRate } from './presets';
import { MAX_SETTINGS_FILE, readLink, readSettings, settingsFile, settingsLink } from './share';
import { withSkipTarget } from './skipTarget';
import { thriftier } from './thriftier';
import { type Timing, stepLoad, timingKey } from './timing';

export const MAX_RUNS = 8;
/** Steps that are timed for the expected time. */
export const TIMED_STEPS = 3;

export class ConfigureCommands {
  readonly #page: Page;
  readonly #train: Pick<TrainClient, 'request'>;
  readonly #data: Pick<DatasetCommands, 'prepareSoon' | 'current'>;
  #measured: Promise<void> = Promise.resolve();
  #planTurn = 0;
  /** The learning rate that is usual for the model that was opened last. */
  #usualRate = TRAIN.learningRate.default;
  /** The max sequence length before a model was opened that reads pictures; null where none is. */
  #textLength: number | null = null;
  #planTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(page: Page, train: Pick<TrainClient, 'request'>, data: Pick<DatasetCommands, 'prepareSoon' | 'current'>) {
    this.#page = page;
    this.#train = train;
    this.#data = data;
  }

  setTrain(patch: Partial<TrainConfig>): void {
    const { draft } = this.#r;
    this.setDraft({ ...draft, train: { ...draft.train, ...patch } });
  }

  /**
   * What a model asks for: its longest context, which all of its pictures have, and its usual learning rate as long as
   * nobody has chosen another one.
   */
  followModel({ parameters, config }: Pick<ModelInfo, 'parameters' | 'config'>): void {
    const { learningRate, maxSequenceLength } = this.#r.draft.train;
    const usual = usualRate(parameters);
    const { context } = config;
    const pictures = config.embedding.patches !== null;
    const wanted = pictures ? context : Math.min(this.#textLength ?? maxSequenceLength, context);
    if (pictures) this.#textLength ??= maxSequenceLength;
    else this.#textLength = null;
    const patch: Partial<TrainConfig> = {
      ...(learningRate === this.#usualRate && learningRate !== usual && { learningRate: usual }),
      ...(maxSequenceLength !== wanted && { maxSequenceLength: wanted }),
    };
    this.#usualRate = usual;
    if (Object.keys(patch).length > 0) this.setTrain(patch);
  }

  /** Changes one run, or every run where `id` is null. */
  setRun(id: RunId | null, patch: Partial<RunConfig>): void {
    const { draft } = this.#r;
    this.setDraft({ ...draft, runs: draft.runs.map((r) => (id === null || r.id === id ? { ...r, ...patch } : r)) });
  }

  /** What all gated runs are to skip, 0–1; null leaves it to their rules. */
  setSkipTarget(share: number | null): void {
    const { draft } = this.#r;
    this.setDraft({ ...draft, runs: withSkipTarget(draft.runs, share) });
  }

  /** Gives a run another method. Its name follows while it is that of the method. */
  setMethod(id: RunId, method: RunConfig['method']): void {
    const run = this.#r.draft.runs.find((r) => r.id === id);
    if (!run) return;
    const name = run.name.replace(new RegExp(`^${METHOD_NAMES[run.method]}(?= \\d+$|$)`), METHOD_NAMES[method]);
    this.setRun(id, { ...fitting(run, method), name });
  }

  /** Adds a run like the last one of its method. At most eight. */
  addRun(method: RunConfig['method']): void {
    const { draft } = this.#r;
    const like = draft.runs.findLast((r) => r.method === method) ?? draft.runs.at(-1);
    let n = 2;
    while (draft.runs.some((r) => r.id === `${method}-${n}`)) n++;
    const bare = !draft.runs.some((r) => r.id === method);
    const label = METHOD_NAMES[method];
    const fresh = { id: bare ? method : `${method}-${n}`, name: bare ? label : `${label} ${n}`, method };
    this.setDraft({
      ...draft,
      runs: [...draft.runs, like ? { ...like, ...fitting(like, method), ...fresh } : runSchema.parse(fresh)],
    });
  }

  /** A run that another one follows leaves it on its own. */
  removeRun(id: RunId): void {
    const { draft } = this.#r;
    this.setDraft({
      ...draft,
      runs: draft.runs
        .filter((r) => r.id !== id)
        .map((r) => (r.gate.follows === id ? { ...r, gate: { ...r.gate, follows: null } } : r)),
    });
  }

  /** Everything back to its default. */
  reset(): void {
    this.setDraft(defaultSession());
  }

  /** Puts a whole experiment into the form. Data are tokenised again where the context or the task has changed. */
  setDraft(draft: SessionConfig): void {
    const before = this.#r.draft.train;
    this.#page.patch('runs', { draft, fix: null });
    this.check();
    const same = (key: 'maxSequenceLength' | 'taskType') => Object.is(draft.train[key], before[key]);
    if (!same('maxSequenceLength') || !same('taskType')) this.#data.prepareSoon();
    this.planSoon();
  }

  /** Looks at the draft again: another model may refuse what the last one allowed. */
  check(): void {
    const { draft } = this.#r;
    const problems = draftProblems(draft, this.#page.state.model.info?.config);
    this.#page.patch('runs', {
      problems,
      draftError: problems.length > 0 ? describeProblem(problems[0], draft) : null,
    });
  }

  planSoon(delay = SETTLE): void {
    if (this.#planTimer !== null) clearTimeout(this.#planTimer);
    this.#planTimer = setTimeout(() => void this.#plan(), delay);
  }

  async #plan(): Promise<void> {
    const turn = ++this.#planTurn;
    if (this.#page.state.model.status !== 'ready' || this.#r.draftError !== null) return;
    const { train, validation } = this.#page.state.dataset;
    const data = bytesOfSets([train, validation]);
    const planOf = (config: SessionConfig) => this.#train.request({ type: 'plan', config, data });
    try {
      const draft = parseSession(this.#r.draft);
      const plan = await planOf(draft);
      if (turn !== this.#planTurn) return;
      this.#page.patch('runs', { plan, planError: null, fix: null });
      if (plan.fits) return;
      for (const fix of thriftier(draft)) {
        if (sessionProblems(fix.draft).length > 0) continue;
        const { fits } = await planOf(fix.draft);
        if (turn !== this.#planTurn) return;
        if (!fits) continue;
        this.#page.patch('runs', { fix });
        return;
      }
    } catch (error) {
      if (turn === this.#planTurn) this.#page.patch('runs', { plan: null, planError: toErrorInfo(error), fix: null });
    }
  }

  /** Takes the change that fits. */
  applyFix(): void {
    const { fix } = this.#r;
    if (fix) this.setDraft(fix.draft);
  }

  /** Puts a preset's numbers into the form; runs and seed stay. */
  takePreset(preset: Preset): void {
    const around = surroundings(this.#page.state);
    if (!around) return;
    const result = presetFor(preset, around);
    this.#page.patch('runs', { preset: { preset, result } });
    this.setDraft(applyPreset(this.#r.draft, result));
  }

  /** Times a few real steps of the draft, to say how long it will take. */
  measure(): Promise<void> {
    this.#measured = this.#measured.then(() => this.#page.command('configure', () => this.#measure()));
    return this.#measured;
  }

  async #measure(): Promise<void> {
    this.#page.dismiss('configure');
    refuseTwo(this.#page.state);
    this.#page.patch('runs', { measuring: true });
    try {
      const { data } = await this.#data.current();
      const config = parseSession(this.#r.draft);
      const { source } = this.#page.state.model;
      const times = await this.#train.request({ type: 'time-steps', config, ...data, steps: TIMED_STEPS });
      if (this.#page.state.model.source !== source) return;
      this.#page.patch('runs', {
        timing: {
          key: timingKey(config),
          load: stepLoad(config, this.#page.state.dataset.report),
          from: 'probe',
          ...times,
        },
      });
    } catch (error) {
      if (!(error instanceof WorkerFault && error.name === 'Cancelled')) throw error;
    } finally {
      this.#page.patch('runs', { measuring: false });
    }
  }

  /** Ends the timing that is under way after its current step. Training ends it too. */
  stopMeasuring(): Promise<void> {
    return this.#page.command('configure', () => this.#train.request({ type: 'cancel-timing' }));
  }

  // ---- settings that leave and come back -------------------------------------------------------------

  /** All settings as a file. */
  exported(): Blob {
    return new Blob([settingsFile(this.#r.draft)], { type: 'application/json' });
  }

  /** Takes settings from a file; a mistake in it is said, and nothing changes. */
  importFile(file: Blob): Promise<void> {
    this.#page.dismiss('configure');
    return this.#page.command('configure', async () => {
      if (file.size > MAX_SETTINGS_FILE)
        throw new ConfigError(message('store.settings.tooLarge', { bytes: file.size, most: MAX_SETTINGS_FILE }));
      this.setDraft(readSettings(await file.text()));
    });
  }

  /** The settings as they stand in a link; null where they are too long for one (which is said). */
  link(): string | null {
    this.#page.dismiss('configure');
    try {
      return settingsLink(this.#r.draft);
    } catch (error) {
      this.#page.report('configure', error);
      return null;
    }
  }

  /** Takes the settings that the page's address carries, and says so. */
  openLink(link: string): boolean {
    try {
      const draft = readLink(link);
      this.setDraft(draft);
      this.#page.say('configure', 'warning', {
        name: 'Note',
        ...message('store.settings.opened', { changes: sessionChanges(draft), seed: draft.train.seed }),
      });
      return true;
    } catch (error) {
      this.#page.report('configure', error);
      return false;
    }
  }

  get #r(): RunsSlice {
    return this.#page.state.runs;
  }
}

/** What presets go by; null until model and data are there. */
export function surroundings({ model, dataset }: Pick<State, 'model' | 'dataset'>): Surroundings | null {
  const { info } = model;
  const { report } = dataset;
  return info && report && report.train > 0
    ? {
        parameters: info.parameters,
        context: info.config.context,
        data: report,
        device: info.device.kind === 'cpu' ? 'cpu' : info.device.software ? 'software' : 'gpu',
      }
    : null;
}

/**
 * Steps of the last run as a timing; null before its second step, and where it was computed on another device than
 * `info` tells of.
 */
export function runTiming(
  { session }: Pick<RunsSlice, 'session'>,
  report: PrepareReport | null,
  info: State['model']['info'],
): Timing | null {
  if (!session || !report || (info && session.devices.at(-1)?.kind !== info.device.kind)) return null;
  const recent = session.config.runs
    .map((r) => session.metricLogs.get(r.id)?.recentMs() ?? [])
    .filter((ms) => ms.length > 0);
  if (recent.length === 0) return null;
  // All runs' steps end together; the slowest tells the step's time. Waits for measurements between steps are the rare
  // long ones.
  const sorted = recent.reduce((a, b) => (mean(b) > mean(a) ? b : a)).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return {
    key: timingKey(session.config),
    load: stepLoad(session.config, report),
    from: 'run',
    stepMs: [at(0.1), at(0.5), at(0.8)],
    evalMs: null,
  };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** What must change so that a run's settings fit a method: none starts below the rank it ends at. */
function fitting(run: RunConfig, method: RunConfig['method']): Partial<RunConfig> {
  return {
    method,
    ...(rankOf({ ...run, method }) < run.rank
      ? withFirstRanks(run, run.rank, (set, usual) => (set < run.rank ? usual : set))
      : {}),
  };
}
