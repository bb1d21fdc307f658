/**
 * What a person can do, as commands. Commands talk to the workers and write the store; the page calls
 * commands and reads the store, and knows nothing of workers.
 */
import type { StoreApi } from 'zustand/vanilla';
import { type SessionConfig, parseSession } from '../shared/config';
import type { DataRecipe } from '../shared/dataRecipe';
import type { ErrorInfo } from '../shared/errors';
import type { Names } from '../shared/names';
import type { Language } from '../shared/texts';
import type { DeviceChoice } from '../shared/types';
import type { DataEvent, ModelSource, TrainEvent } from '../train/protocol';
import { EventBatcher } from './batcher';
import { Checkpoints } from './checkpoints';
import { type DataClient, createDataClient } from './dataClient';
import { findGpu } from './device';
import { Compare } from './compare/compare';
import { ConfigureCommands } from './configure/commands';
import { DatasetCommands } from './dataset';
import { Downloads } from './downloads';
import { applyEvents, delayOf } from './events';
import type { KeptData } from './keptData';
import { type KeepClient, createKeepClient } from './keepClient';
import { SavedSessions, allRecords } from './savedSessions';
import { type TakeOver, watchOffline } from './offline';
import { Page } from './page';
import type { HubModel } from './pageUrl';
import { type FileReaders, workerReaders } from './reading';
import { RECORDED_RUN, type RecordedRun, recordedRun } from './recordedRun';
import type { Route, Selection } from './route';
import { type Imported, type Section, type SessionView, type State, isLive } from './slices';
import { claimStorage } from './storageLock';
import { type Library, openLibrary } from './experiments/library';
import { Experiments } from './experiments/experiments';
import { AttributionCommands } from './sieve/attribution';
import { ExportCommands } from './exports';
import { PushCommands } from './push';
import { type MeasuredWith, SieveCommands } from './sieve/sieve';
import { type TrainClient, createTrainClient } from './trainClient';
import type { WorkerHooks } from './workerClient';
import { ModelCommands } from './models';
import { TrainingCommands } from './training';

export interface StudioOptions {
  /** What that which is made here is called. */
  names: Names;
  /** Where `models/` and `datasets/` lie: the app's base URL. */
  baseUrl: string;
  /** Origin (and path) of the hub for models by id. */
  hubHost: string;
  /** The model that the page's address names; the first of the list opens when absent. */
  startModel?: ModelSource | null;
  /** A model of the hub that the address names: nothing is fetched before a person says so. */
  startHub?: HubModel | null;
  /** The sample set that the address names; the first of the list opens when absent. */
  startData?: string | null;
  /** What to compute on; 'auto' when absent. */
  startDevice?: DeviceChoice;
  /** Settings that the page's address carries, see `readLink`. */
  startSettings?: string | null;
  makeTrain?: (hooks: WorkerHooks<TrainEvent>) => TrainClient;
  makeData?: (hooks: WorkerHooks<DataEvent>) => DataClient;
  makeKeep?: (hooks: WorkerHooks<never>) => KeepClient;
  /** How files from elsewhere are read; in workers when absent. */
  readers?: FileReaders;
  /** Where experiments are kept; the browser's database when absent. */
  library?: Library;
}

export class Studio {
  readonly #page = new Page();
  readonly store: StoreApi<State> = this.#page.store;
  /** Experiments over seeds. */
  readonly experiments: Experiments;
  readonly #train: TrainClient;
  readonly #data: DataClient;
  /** Commands of the Data section. */
  readonly data: DatasetCommands;
  /** Commands of the Configure section. */
  readonly configure: ConfigureCommands;
  /** Commands of the Model section. */
  readonly models: ModelCommands;
  /** Commands of the Train view. */
  readonly training: TrainingCommands;
  readonly #keep: KeepClient;
  /** The run that is going on, saved on the way. */
  readonly checkpoints: Checkpoints;
  /** Runs that have ended, kept in this browser. */
  readonly savedSessions: SavedSessions;
  /** Models of the hub, and what is kept of them. */
  readonly downloads: Downloads;
  /** Commands of the Compare section, adapters in and out aside. */
  readonly comparing: Compare;
  /** Gates for adapters that are finished. */
  readonly sieve: SieveCommands;
  /** What the updates of finished runs are worth. */
  readonly attribution: AttributionCommands;
  /** Runs as files. */
  readonly exports: ExportCommands;
  /** Runs go to a hub. */
  readonly push: PushCommands;
  readonly #events: EventBatcher<TrainEvent>;
  readonly #options: StudioOptions;
  readonly #readers: FileReaders;
  #takeOver: TakeOver | null = null;
  #keptData: Promise<KeptData> | null = null;

  constructor(options: StudioOptions) {
    this.#options = options;
    this.#readers = options.readers ?? workerReaders;
    this.#events = new EventBatcher(
      (events) => {
        this.store.setState((s) => applyEvents(s, events, (n) => this.#page.notice(n)));
        this.checkpoints.after();
      },
      // An evaluation's curves and a text's tokens, drawn at once, would hold the page up for more than 50 ms.
      (event) => event.type === 'watch',
    );
    const crash = (section: Section) => (info: ErrorInfo) => {
      this.#events.flush();
      this.#page.report(section, info);
    };
    this.#train = (options.makeTrain ?? createTrainClient)({
      onEvent: (event) => this.#events.push(event, delayOf(event, this.#s.runs.phase)),
      onCrash: (info) => {
        crash('model')(info);
        this.#page.patch('model', { status: 'failed', info: null, progress: null, moving: null });
        this.#page.patch('runs', { phase: this.#s.runs.session ? 'failed' : 'idle', progress: null, generating: null });
        this.checkpoints.after();
      },
    });
    this.#data = (options.makeData ?? createDataClient)({
      onEvent: ({ label, loaded, total }) => this.data.progress({ label, loaded, total }),
      onCrash: (info) => {
        this.data.revive();
        crash('data')(info);
      },
      onRestart: () => this.data.revive(),
    });
    const { baseUrl, names } = options;
    this.data = new DatasetCommands({
      page: this.#page,
      client: this.#data,
      baseUrl,
      names,
      claim: async (files) => (await this.keptData()).give(files),
    });
    this.downloads = new Downloads(this.#page, this.#train, options.hubHost);
    this.configure = new ConfigureCommands(this.#page, this.#train, this.data);
    const between = {
      page: this.#page,
      train: this.#train,
      data: this.data,
      flush: () => this.#events.flush(),
      saving: () => this.savedSessions.adding,
    };
    this.models = new ModelCommands({
      ...between,
      client: this.#data,
      configure: this.configure,
      downloads: this.downloads,
      baseUrl,
      changed: () => this.comparing.modelChanged(),
    });
    this.training = new TrainingCommands({
      ...between,
      madeFrom: () => this.#madeFrom(),
      checkpoint: (train, validation) => this.checkpoints.begin(train, validation),
    });
    this.store.subscribe((s, before) => {
      // The plan counts the tokens.
      if (s.dataset.train !== before.dataset.train) this.configure.planSoon();
    });
    this.experiments = new Experiments({
      store: this.store,
      train: this.#train,
      library: options.library ?? openLibrary(),
      trainOn: async (config, data, from) => {
        await this.training.begin(config, data, from, 'experiment');
        return this.training.ended();
      },
      currentData: async () => {
        const current = await this.data.current();
        return { ...current, made: this.#madeFrom() };
      },
      openModel: (source) => this.models.open(source, { orNone: true }),
      report: (error) => this.#page.report('experiment', error),
      names,
    });
    this.#keep = (options.makeKeep ?? createKeepClient)({
      onEvent: () => {},
      onCrash: (problem) => this.#page.patch('keep', { problem }),
    });
    const shared = {
      store: this.store,
      train: this.#train,
      keep: this.#keep,
      flush: () => this.#events.flush(),
      openModel: (source: ModelSource) => this.models.open(source, { orNone: true }),
      setDraft: (draft: SessionConfig) => this.configure.setDraft(draft),
      restoreData: (...data: Parameters<KeptData['restore']>) =>
        this.#page.command('data', async () => (await this.keptData()).restore(...data)),
      sweepData: () => this.#page.command('history', async () => (await this.keptData()).sweep()),
    };
    this.checkpoints = new Checkpoints({
      ...shared,
      applyChatTemplate: this.data.applyChatTemplate,
      say: (kind, info) => this.#page.say('train', kind, info),
      ended: (session, phase) => this.savedSessions.add(session, phase),
    });
    this.savedSessions = new SavedSessions({
      ...shared,
      report: (error) => this.#page.report('history', error),
      dismiss: () => this.#page.dismiss('history'),
      readRun: (zip) => this.#readers.run(zip),
      names,
    });
    const dataOf = (what: SessionView | Imported) => this.#measuredWith(what);
    this.sieve = new SieveCommands({ page: this.#page, train: this.#train, names, dataOf });
    this.attribution = new AttributionCommands({ page: this.#page, train: this.#train, dataOf });
    this.exports = new ExportCommands({ page: this.#page, train: this.#train, names });
    this.push = new PushCommands({ page: this.#page, exports: this.exports, hub: options.hubHost });
    this.comparing = new Compare({
      page: this.#page,
      train: this.#train,
      data: this.data,
      saved: this.savedSessions,
      flush: () => this.#events.flush(),
      names,
    });
  }

  /** What keeps data sets and makes them again; loaded when it is needed first. */
  keptData(): Promise<KeptData> {
    return (this.#keptData ??= import('./keptData')
      .then(
        ({ KeptData: Kept }) =>
          new Kept({
            page: this.#page,
            keep: this.#keep,
            data: this.data,
            link: this.#options.startSettings ?? null,
            start: this.#options.startModel ?? null,
            names: this.#options.names,
            records: allRecords,
          }),
      )
      .catch((error: unknown) => {
        this.#keptData = null;
        throw error;
      }));
  }

  /** Finds out what this browser keeps and whether this tab may write it. */
  async openStorage(): Promise<void> {
    await claimStorage((mode) => {
      this.#page.patch('keep', { mode });
      if (mode === 'writer') void this.checkpoints.look();
      if (mode === 'off') return;
      void this.savedSessions
        .list()
        .then(() => this.#openAgain())
        .then(() => this.comparing.restore());
    });
  }

  /**
   * After a reload: the session that was shown, with its adapters on the model. What was typed and chosen since stays.
   */
  async #openAgain(): Promise<void> {
    const kept = await this.keptData().catch(() => null);
    const record = this.#s.keep.runs.find((r) => r.id === kept?.shownBefore);
    if (!kept || !record) return;
    await this.models.settled();
    const { model, runs, keep } = this.#s;
    const same = JSON.stringify(model.source) === JSON.stringify(record.model);
    if (
      same &&
      model.status === 'ready' &&
      !runs.session &&
      !isLive(runs.phase) &&
      !keep.resuming &&
      !this.training.starting
    )
      await this.savedSessions.open(record.id, { alone: true });
    kept.shownBefore = null;
  }

  /**
   * Opens the start model and the first sample set, so that Train works at once; after a reload, what was typed and
   * chosen before it.
   */
  async boot(): Promise<void> {
    const [gpu, kept] = await Promise.all([findGpu(), this.keptData().catch(() => null)]);
    const desk = kept?.readDesk() ?? null;
    const { startSettings } = this.#options;
    if (desk) this.configure.setDraft(desk.draft);
    else this.#saySetByLink(startSettings ? this.configure.openLink(startSettings) : false);
    this.#page.patch('model', { gpu, choice: this.#options.startDevice ?? 'auto' });
    const model = this.models.openFirst(kept?.modelOf(desk) ?? this.#options.startModel ?? null);
    const data = this.data.loadSamples(desk && kept ? kept.restoreDesk(desk) : null, this.#options.startData ?? null);
    kept?.watchDesk();
    await Promise.all([model, data, this.experiments.load()]);
  }

  /** What a link has set, or would: for the note at the top of the page. */
  #saySetByLink(settings: boolean): void {
    const { startHub = null, startModel, startData } = this.#options;
    if (!settings && !startHub) return;
    const link = {
      settings,
      hub: startHub,
      model: startModel?.id ?? null,
      data: startData ?? null,
    };
    this.#page.patch('ui', { link });
  }

  /** Opens the model of the hub that the link names. */
  openLinked(): Promise<void> {
    const hub = this.#s.ui.link?.hub;
    this.closeLinkNote();
    return hub ? this.models.openFromHub(hub.id, hub.revision) : Promise.resolve();
  }

  closeLinkNote(): void {
    this.#page.patch('ui', { link: null });
  }

  /**
   * The run that is played until there is one of one's own; null where it cannot be had, which nobody needs to be told.
   */
  async recordedRun(): Promise<RecordedRun | null> {
    try {
      const response = await fetch(`${this.#options.baseUrl}${RECORDED_RUN}`);
      return response.ok ? recordedRun(await this.#readers.run(await response.blob())) : null;
    } catch {
      return null;
    }
  }

  /** What the data set that is open is made from; null where nobody knows. */
  async #madeFrom(): Promise<DataRecipe | null> {
    const { dataset } = this.#s;
    const { files } = this.data;
    try {
      return await (await this.keptData()).recipe(dataset, files);
    } catch {
      return null;
    }
  }

  /**
   * What a finished adapter is measured with: the worker has it where the session ended there; else the data set that
   * is open.
   */
  async #measuredWith(what: SessionView | Imported): Promise<MeasuredWith> {
    if ('config' in what && what.gone === undefined) return null;
    const { data, dataName: name } = await this.data.current();
    const settings = 'config' in what ? what.config.train : parseSession(this.#s.runs.draft).train;
    return { data: { ...data, settings }, name };
  }

  // ---- adapters in and out -------------------------------------------------------------------------

  async importRun(file: Blob): Promise<void> {
    this.#page.dismiss('compare');
    await this.#page.command('compare', async () => {
      const files = await this.#readers.adapter(file);
      const run = await this.#train.request(
        { type: 'import', files, as: null, name: this.#options.names.unnamedAdapter() },
        files.map((f) => f.bytes.buffer as ArrayBuffer),
      );
      this.#page.patch('runs', { imported: [...this.#s.runs.imported, run] });
    });
  }

  /** Takes a message off the page. */
  dismiss(id: number): void {
    this.#page.dismiss(id);
  }

  // ---- page ----------------------------------------------------------------------------------------

  /** Goes to a place of the page; what is selected comes along where the address says so. */
  show(route: Route, selection?: Selection): void {
    this.#page.patch('ui', { route });
    if (selection) this.select(selection);
  }

  /** Changes what all charts show the same of. */
  select(patch: Partial<Selection>): void {
    this.#page.patch('selection', patch);
  }

  /** What is under the pointer; null again once it has left. */
  point(patch: Partial<State['selection']['pointed']>): void {
    this.#page.patch('selection', { pointed: { ...this.#s.selection.pointed, ...patch } });
  }

  present(presenting: boolean): void {
    this.#page.patch('ui', { presenting });
  }

  setTheme(theme: State['ui']['theme']): void {
    this.#page.patch('ui', { theme });
  }

  /** The words of a language are there: the page says everything in it from now on. */
  setLanguage(language: Language): void {
    this.#page.patch('ui', { language });
  }

  /** Says what went wrong outside of the store. */
  report(section: Section, error: unknown): void {
    this.#page.report(section, error);
  }

  /** Keeps the app for use without a network. */
  watchOffline(): void {
    watchOffline(this.#options.baseUrl, (offline, takeOver) => {
      this.#takeOver = takeOver ?? null;
      this.#page.patch('ui', { offline });
    });
  }

  /** Loads the page again in the new version that waits; a run that is going on is saved first. */
  async takeOver(): Promise<void> {
    await this.checkpoints.save();
    this.#takeOver?.();
  }

  /** Ends the workers. */
  dispose(): void {
    this.#train.dispose();
    this.#data.dispose();
    this.#keep.dispose();
  }

  get #s(): State {
    return this.#page.state;
  }
}
