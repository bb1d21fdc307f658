/**
 * Experiments over seeds, as commands: start, pause, go on, stop, delete. One queue per tab; each of its sessions
 * trains like any other, so that Train and Inspect show it live. Finished cells are written as they come. A session
 * that was interrupted starts over, and by its seed gives what it would have given.
 */
import type { StoreApi } from 'zustand/vanilla';
import { type SessionConfig, isGated } from '../../shared/config';
import type { DataRecipe } from '../../shared/dataRecipe';
import { DataError, SieveError, messageOf } from '../../shared/errors';
import { type Message, message } from '../../shared/message';
import type { Names } from '../../shared/names';
import type { Cell, Experiment } from '../../shared/experiment';
import type { ModelSource } from '../../train/protocol';
import { refuseTwo } from '../checks';
import type { SessionView, State } from '../slices';
import { withLock } from '../storageLock';
import type { TrainClient } from '../trainClient';
import { type Measured, accuracyOf, activeShares, cellOf } from './cells';
import { type Library, MAX_KEPT_BYTES, type ExperimentData, dataBytes } from './library';
import { type Job, nextJob } from './plan';
import { type ExperimentDraft, experimentSettings, experimentProblem } from './presets';

/** Examples whose gates are counted by token class, and whose gradients make a probe's gradient norm. */
const CLASS_EXAMPLES = 24;
const GRADIENT_EXAMPLES = 64;
/** Pause between two requests to stop, in ms. */
const ASK_AGAIN = 250;

/** What an experiment needs of the page's other commands. */
export interface ExperimentHost {
  store: StoreApi<State>;
  train: Pick<TrainClient, 'request'>;
  library: Library;
  /** Trains to the end; resolves with the session as it ended, whatever its phase. */
  trainOn(
    config: SessionConfig,
    data: ExperimentData,
    from: Pick<SessionView, 'template' | 'mapping' | 'dataName'>,
  ): Promise<SessionView>;
  /** The data set as it is prepared now. @throws {SieveError} when there is none */
  currentData(): Promise<
    { data: ExperimentData; made: Promise<DataRecipe | null> } & Pick<SessionView, 'template' | 'mapping' | 'dataName'>
  >;
  openModel(source: ModelSource): Promise<void>;
  report(error: unknown): void;
  names: Names;
}

/** Ends the queue without an error: someone stopped the session. */
class Interrupted extends Error {}

export class Experiments {
  readonly #host: ExperimentHost;
  /** Token sets of experiments of this visit: those too big to keep go on while the page is open. */
  readonly #data = new Map<string, ExperimentData>();
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(host: ExperimentHost) {
    this.#host = host;
  }

  /** Reads what was kept. One that was at work when the page closed waits to go on. */
  async load(): Promise<void> {
    try {
      const { experiments, unreadable } = await this.#host.library.all();
      const list = experiments.map(({ experiment, cells }) => ({
        experiment: experiment.state === 'running' ? { ...experiment, state: 'paused' as const } : experiment,
        cells,
      }));
      // One that was started while this was read is newer than what was found.
      const known = new Set(this.#s.list.map((e) => e.experiment.id));
      const all = [...this.#s.list, ...list.filter((e) => !known.has(e.experiment.id))];
      this.#patch({ loaded: true, list: all, selected: this.#s.selected ?? all[0]?.experiment.id ?? null });
      if (unreadable > 0) this.#host.report(new DataError(message('store.experiments.unreadable', { n: unreadable })));
    } catch (error) {
      this.#patch({ loaded: true });
      this.#host.report(new SieveError(message('store.experiments.notKept', { why: messageOf(error) })));
    }
  }

  select(id: string): void {
    this.#patch({ selected: id });
  }

  /** Starts a new experiment on the open model and the data as they are. */
  async start(draft: ExperimentDraft): Promise<void> {
    try {
      const configured = this.#host.store.getState().runs.draft;
      const problem = experimentProblem(draft, configured.train, configured.runs, this.#host.names);
      if (problem) throw new SieveError(problem);
      refuseTwo(this.#host.store.getState());
      const { model, runs, experiments } = this.#host.store.getState();
      if (model.status !== 'ready' || !model.source) throw new SieveError(message('store.noModel'));
      const { data, made, dataName: name, template, mapping } = await this.#host.currentData();
      const bytes = dataBytes(data);
      const kept = bytes <= MAX_KEPT_BYTES;
      const createdAt = Date.now();
      const experiment: Experiment = {
        version: 2,
        id: freshId(
          createdAt,
          experiments.list.map((e) => e.experiment.id),
        ),
        createdAt,
        state: 'running',
        problem: null,
        model: model.source,
        data: {
          name,
          train: data.train.offsets.length - 1,
          validation: data.validation.offsets.length - 1,
          tokens: data.train.ids.length + data.validation.ids.length,
          template,
          mapping,
          hashes: [],
          splitSeed: null,
          kept,
        },
        ...experimentSettings(draft, runs.draft.train, runs.draft.runs, this.#host.names),
      };
      // An experiment that cannot be trained is refused before it is kept.
      nextJob(experiment, [], this.#host.names);
      this.#data.set(experiment.id, data);
      this.#patch({ list: [{ experiment, cells: [] }, ...this.#s.list], selected: experiment.id });
      if (kept) await this.#keep(() => this.#host.library.saveData(experiment.id, data));
      await this.#keep(() => this.#host.library.saveExperiment(experiment));
      if (!kept)
        this.#host.report(
          new DataError(
            message('store.experiments.dataTooBig', { mb: Math.round(bytes / 2 ** 20), most: MAX_KEPT_BYTES >> 20 }),
          ),
        );
      await this.#begin(experiment.id);
      void this.#sayMade(experiment.id, made);
    } catch (error) {
      this.#host.report(error);
    }
  }

  /** What its data are made from, once that is known: files are hashed while it trains. */
  async #sayMade(id: string, made: Promise<DataRecipe | null>): Promise<void> {
    const recipe = await made;
    if (!recipe) return;
    const hashes = recipe.files.map((f) => f.hash);
    this.#change(id, ({ data }) => ({ data: { ...data, hashes, splitSeed: recipe.seed } }));
  }

  /** Goes on with one that was interrupted, paused or stopped. */
  async resume(id: string): Promise<void> {
    try {
      if (this.#s.running === id) {
        await this.#host.train.request({ type: 'resume' });
        return;
      }
      refuseTwo(this.#host.store.getState());
      const { experiment } = this.#entry(id);
      const data = this.#data.get(id) ?? (await this.#host.library.data(id));
      if (!data) throw new DataError(message('store.experiments.noData'));
      this.#data.set(id, data);
      const { model } = this.#host.store.getState();
      if (
        JSON.stringify(model.source) !== JSON.stringify(experiment.model) ||
        model.status === 'failed' ||
        model.status === 'none'
      )
        await this.#host.openModel(experiment.model);
      await this.#modelReady();
      await this.#begin(id);
    } catch (error) {
      this.#host.report(error);
    }
  }

  /** Holds the session that trains; `resume` lets it go on where it stands. */
  async pause(): Promise<void> {
    try {
      await this.#host.train.request({ type: 'pause' });
    } catch (error) {
      this.#host.report(error);
    }
  }

  /** Ends the queue. What is finished stays, and it can go on later; the session under way is lost. */
  async stop(): Promise<void> {
    if (!this.#s.running) return;
    this.#stopping = true;
    // A session that is still being prepared cannot be stopped yet, and between two there is none: ask until the queue
    // has ended.
    let ended = false;
    const end = this.#running.finally(() => {
      ended = true;
    });
    // oxlint-disable-next-line no-unmodified-loop-condition -- the promise above sets it
    while (!ended) {
      await this.#host.train.request({ type: 'stop' }).catch(() => undefined);
      await Promise.race([
        end,
        new Promise((resolve) => {
          setTimeout(resolve, ASK_AGAIN);
        }),
      ]);
    }
  }

  /** Forgets an experiment and all its results. */
  async remove(id: string): Promise<void> {
    if (this.#s.running === id) await this.stop();
    this.#data.delete(id);
    const list = this.#s.list.filter((e) => e.experiment.id !== id);
    this.#patch({ list, selected: this.#s.selected === id ? (list[0]?.experiment.id ?? null) : this.#s.selected });
    await this.#keep(() => this.#host.library.remove(id));
  }

  // ---- the queue -----------------------------------------------------------------------------------

  /** Runs the queue of an experiment to its end in the background, alone among all tabs. */
  async #begin(id: string): Promise<void> {
    this.#stopping = false;
    this.#patch({ running: id, activity: null });
    const work = () => this.#queue(id).finally(() => this.#patch({ running: null, activity: null }));
    let began = () => {};
    const started = new Promise<void>((resolve) => {
      began = resolve;
    });
    const alone = async (free: boolean) => {
      began();
      if (free) return work();
      this.#patch({ running: null });
      this.#setState(id, 'paused', null);
      this.#host.report(new SieveError(message('store.experiments.otherTab')));
    };
    this.#running = withLock(`sieve-study-${id}`, alone);
    await started;
  }

  async #queue(id: string): Promise<void> {
    this.#setState(id, 'running', null);
    try {
      for (;;) {
        const { experiment, cells } = this.#entry(id);
        const job = nextJob(experiment, cells, this.#host.names);
        if (!job) break;
        if (this.#stopping) throw new Interrupted();
        const found = await this.#train(experiment, job);
        if (this.#stopping) throw new Interrupted();
        // Kept before it is shown: what is seen to be done is not done again after a reload.
        await this.#keep(() => this.#host.library.saveCells(found));
        this.#addCells(id, found);
      }
      this.#setState(id, 'finished', null);
    } catch (error) {
      if (error instanceof Interrupted || this.#stopping) {
        this.#setState(id, 'paused', null);
        return;
      }
      this.#setState(id, 'failed', messageOf(error));
      this.#host.report(error);
    }
  }

  async #train(experiment: Experiment, job: Job): Promise<Cell[]> {
    const data = this.#data.get(experiment.id)!;
    const started = performance.now();
    this.#patch({ activity: null });
    const session = await this.#host.trainOn(job.config, data, {
      template: experiment.data.template,
      mapping: experiment.data.mapping,
      dataName: experiment.data.name,
    });
    const { phase } = this.#host.store.getState().runs;
    // A run that broke is a result too; a session that was stopped, or lost its model, is none.
    if (phase === 'stopped') throw new Interrupted();
    if (phase !== 'finished' && session.failed.size < session.config.runs.length)
      throw new SieveError(message('store.experiments.endedEarly'));
    const ms = performance.now() - started;
    const measured = await this.#measure(job, session);
    const finishedAt = Date.now();
    const base = session.metricLogs.get('base')?.evals.at(-1)?.loss ?? null;
    return job.config.runs.map((run) => {
      const metricLog = session.metricLogs.get(run.id)!;
      return cellOf(experiment.id, job, {
        run,
        metricLog,
        base,
        failed: session.failed.get(run.id) ?? null,
        parameters: metricLog.parameters,
        devices: session.devices,
        ms,
        finishedAt,
        ...measured.get(run.id)!,
      });
    });
  }

  /** What only a trained run can tell, while it is still on the device. */
  async #measure({ stage, config }: Job, session: SessionView): Promise<Map<string, Measured>> {
    const { train } = this.#host;
    const live = config.runs.filter((r) => !session.failed.has(r.id));
    const ids = live.map((r) => r.id);
    const gated = live.filter(isGated).map((r) => r.id);
    const result = new Map<string, Measured>(
      config.runs.map((r) => [r.id, { accuracy: null, classes: [], modules: null }]),
    );
    if (ids.length === 0) return result;
    if (stage === 'probe') {
      this.#patch({ activity: 'modules' });
      for (const id of ids) {
        const active = activeShares(session.metricLogs.get(id)!);
        const { modules } = await train.request({ type: 'module-measures', runId: id, examples: GRADIENT_EXAMPLES });
        result.get(id)!.modules = modules.map((m, i) => ({ ...m, active: active?.[i] ?? null }));
      }
      return result;
    }
    this.#patch({ activity: 'answers' });
    const { runs: written } = await train.request({
      type: 'written-answers',
      runs: ids,
      examples: config.train.evalExamples,
    });
    for (const id of ids)
      result.get(id)!.accuracy = accuracyOf(session.metricLogs.get(id)?.classified ?? null, written?.[id] ?? null);
    if (gated.length > 0) {
      this.#patch({ activity: 'tokens' });
      const classes = await train.request({
        type: 'token-classes',
        runs: gated,
        examples: Math.min(CLASS_EXAMPLES, config.train.evalExamples),
      });
      for (const id of gated) result.get(id)!.classes = classes[id] ?? [];
    }
    return result;
  }

  // ---- state ---------------------------------------------------------------------------------------

  /** Waits for the model that is opening. */
  async #modelReady(): Promise<void> {
    const { store } = this.#host;
    const settled = () => store.getState().model.status !== 'opening' && store.getState().model.moving === null;
    if (!settled())
      await new Promise<void>((resolve) => {
        const end = store.subscribe(() => {
          if (settled()) {
            end();
            resolve();
          }
        });
      });
    if (store.getState().model.status !== 'ready') throw new SieveError(message('store.experiments.modelFailed'));
  }

  #entry(id: string): State['experiments']['list'][number] {
    const entry = this.#s.list.find((e) => e.experiment.id === id);
    if (!entry) throw new SieveError(message('store.experiments.gone'));
    return entry;
  }

  #setState(id: string, state: Experiment['state'], problem: Message | null): void {
    this.#change(id, () => ({ state, problem }));
  }

  /** Changes an experiment, here and in the library; one that has been deleted stays so. */
  #change(id: string, patch: (experiment: Experiment) => Partial<Experiment>): void {
    const entry = this.#s.list.find((e) => e.experiment.id === id);
    if (!entry) return;
    const experiment = { ...entry.experiment, ...patch(entry.experiment) };
    this.#patch({ list: this.#s.list.map((e) => (e === entry ? { ...e, experiment } : e)) });
    void this.#keep(() => this.#host.library.saveExperiment(experiment));
  }

  #addCells(id: string, cells: Cell[]): void {
    this.#patch({
      list: this.#s.list.map((e) =>
        e.experiment.id === id
          ? {
              ...e,
              cells: [
                ...e.cells.filter(
                  (c) => !cells.some((n) => n.stage === c.stage && n.seed === c.seed && n.variant === c.variant),
                ),
                ...cells,
              ],
            }
          : e,
      ),
    });
  }

  /** Writes to the library; what it will not keep is said, and the queue goes on. */
  async #keep(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#host.report(new SieveError(message('store.experiments.saving', { why: messageOf(error) })));
    }
  }

  get #s(): State['experiments'] {
    return this.#host.store.getState().experiments;
  }

  #patch(patch: Partial<State['experiments']>): void {
    this.#host.store.setState((s) => ({ experiments: { ...s.experiments, ...patch } }));
  }
}

function freshId(now: number, taken: readonly string[]): string {
  const id = `e${now.toString(36)}`;
  let n = 0;
  while (taken.includes(n === 0 ? id : `${id}-${n}`)) n++;
  return n === 0 ? id : `${id}-${n}`;
}
