/**
 * What a person can do, as commands. Commands talk to the workers and write the store; the page calls
 * commands and reads the store, and knows nothing of workers.
 */
import type { StoreApi } from 'zustand/vanilla';
import { type SessionConfig, parseSession } from '../shared/config';
import type { ChatTemplate, Shipped } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import { type ErrorInfo, SieveError } from '../shared/errors';
import { message } from '../shared/message';
import type { Names } from '../shared/names';
import type { Language } from '../shared/texts';
import type { DeviceChoice } from '../shared/types';
import type { DataEvent, FolderFiles, ModelInfo, ModelSource, RunId, TrainEvent } from '../train/protocol';
import { EventBatcher } from './batcher';
import { adaptersOf, giveAdapters, takeAdapters } from './carry';
import { Checkpoints } from './checkpoints';
import { type DataClient, createDataClient } from './dataClient';
import { refuseTwo } from './checks';
import { type DeviceKind, askedDevice, findGpu, usedDevice } from './device';
import { Compare } from './compare/compare';
import { ConfigureCommands } from './configure/commands';
import { DatasetCommands } from './dataset';
import { Downloads } from './downloads';
import { applyEvents, delayOf } from './events';
import { MetricLog } from './metricLog';
import type { KeptData } from './keptData';
import { type KeepClient, createKeepClient } from './keepClient';
import { SavedSessions, allRecords } from './savedSessions';
import { type TakeOver, watchOffline } from './offline';
import { Page } from './page';
import type { HubModel } from './pageUrl';
import { type FileReaders, workerReaders } from './reading';
import { RECORDED_RUN, type RecordedRun, recordedRun } from './recordedRun';
import type { Route, Selection } from './route';
import { type Imported, type Section, type SessionView, type State, isLive, withSession, withoutModel } from './slices';
import { fetchModels } from './shipped';
import { claimStorage } from './storageLock';
import { type Library, type ExperimentData, openLibrary } from './experiments/library';
import { Experiments } from './experiments/experiments';
import { AttributionCommands } from './sieve/attribution';
import { ExportCommands } from './exports';
import { type MeasuredWith, SieveCommands } from './sieve/sieve';
import { templatedPrompts } from './template';
import { type TrainClient, createTrainClient } from './trainClient';
import { type WorkerHooks, isStuck } from './workerClient';
import { openingTokenizer } from './tokenizerOf';

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
  readonly #events: EventBatcher<TrainEvent>;
  readonly #options: StudioOptions;
  readonly #readers: FileReaders;
  #takeOver: TakeOver | null = null;
  #keptData: Promise<KeptData> | null = null;
  #shipped: Promise<Shipped[]> | null = null;
  #starting = false;
  /** Folders that were opened as models, by name. */
  readonly #folders = new Map<string, FolderFiles>();
  #modelTurn = 0;
  /** What was open when the model that is being opened was chosen. */
  #before: Pick<State, 'model' | 'runs'> | null = null;

  constructor(options: StudioOptions) {
    this.#options = options;
    this.#readers = options.readers ?? workerReaders;
    this.#events = new EventBatcher((events) => {
      this.store.setState((s) => applyEvents(s, events, (n) => this.#page.notice(n)));
      this.checkpoints.after();
    });
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
    this.experiments = new Experiments({
      store: this.store,
      train: this.#train,
      library: options.library ?? openLibrary(),
      trainOn: async (config, data, from) => {
        await this.#startSession(config, data, from, 'experiment');
        return this.#sessionEnd();
      },
      currentData: async () => {
        const current = await this.data.current();
        return { ...current, made: this.#madeFrom() };
      },
      openModel: (source) => this.openModel(source, { orNone: true }),
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
      openModel: (source: ModelSource) => this.openModel(source, { orNone: true }),
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
    this.exports = new ExportCommands({ page: this.#page, train: this.#train });
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

  /** The models that ship with the page; asked for once. @throws {SieveError} when the list cannot be had */
  listModels(): Promise<Shipped[]> {
    return (this.#shipped ??= fetchModels(this.#options.baseUrl).then((shipped) => {
      this.#page.patch('model', { shipped });
      return shipped;
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

  /** After a reload: the session that was shown, with its adapters on the model. What was typed and chosen since stays. */
  async #openAgain(): Promise<void> {
    const kept = await this.keptData().catch(() => null);
    const record = this.#s.keep.runs.find((r) => r.id === kept?.shownBefore);
    if (!kept || !record) return;
    await this.#modelSettled();
    const { model, runs, keep } = this.#s;
    const same = JSON.stringify(model.source) === JSON.stringify(record.model);
    if (same && model.status === 'ready' && !runs.session && !isLive(runs.phase) && !keep.resuming && !this.#starting)
      await this.savedSessions.open(record.id, { alone: true });
    kept.shownBefore = null;
  }

  /** Resolves once a model is open, or cannot be opened. */
  #modelSettled(): Promise<void> {
    const settled = ({ model: { status } }: State) => status === 'ready' || status === 'failed';
    return new Promise((resolve) => {
      if (settled(this.#s)) return resolve();
      const end = this.store.subscribe((s) => {
        if (!settled(s)) return;
        end();
        resolve();
      });
    });
  }

  /** Opens the start model and the first sample set, so that Train works at once; after a reload, what was typed and chosen before it. */
  async boot(): Promise<void> {
    const [gpu, kept] = await Promise.all([findGpu(), this.keptData().catch(() => null)]);
    const desk = kept?.readDesk() ?? null;
    const { startSettings } = this.#options;
    if (desk) this.configure.setDraft(desk.draft);
    else this.#saySetByLink(startSettings ? this.configure.openLink(startSettings) : false);
    this.#page.patch('model', { gpu, choice: this.#options.startDevice ?? 'auto' });
    const model = this.#openFirst(kept?.modelOf(desk) ?? this.#options.startModel ?? null);
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
    return hub ? this.openFromHub(hub.id, hub.revision) : Promise.resolve();
  }

  closeLinkNote(): void {
    this.#page.patch('ui', { link: null });
  }

  // ---- model ---------------------------------------------------------------------------------------

  /** Opens the model that desk or address name, at once; the first of the list where they name none, or none of the list. */
  async #openFirst(named: ModelSource | null): Promise<void> {
    const opened = named && this.openModel(named);
    try {
      const shipped = await this.listModels();
      const known = named?.kind === 'hub' || shipped.some(({ id }) => id === named?.id);
      // Whoever has chosen another one meanwhile gets that.
      if (!known && shipped.length > 0 && this.#s.model.source === named)
        return await this.openModel({ kind: 'embedded', id: shipped[0].id });
    } catch (error) {
      if (!named) this.#page.patch('model', { status: 'failed' });
      this.#page.report('model', error);
    }
    await opened;
  }

  /**
   * Opens a model in both workers: weights and check in one, the tokenizer in the other. Where it cannot be opened, what
   * was open before stays, with its runs and results; with `orNone`, for whoever has use for no other model, none is.
   * @param options `tries`: where the browser loses the worker
   */
  async openModel(source: ModelSource, options: { orNone?: boolean; tries?: number } = {}): Promise<void> {
    const { orNone = false, tries = 3 } = options;
    const turn = ++this.#modelTurn;
    this.#page.dismiss('model');
    if (this.#s.model.status !== 'opening') this.#before = { model: this.#s.model, runs: this.#s.runs };
    if (this.savedSessions.adding) await this.savedSessions.adding;
    if (turn !== this.#modelTurn) return;
    // What keeps the model from opening usually keeps its tokenizer too: say it once.
    const tokenizer = openingTokenizer(this.#data, source, this.#filesOf(source));
    this.data.useTokenizer(tokenizer.open);
    this.#page.patch('model', {
      source,
      status: 'opening',
      info: null,
      phase: 'loading',
      progress: null,
      moving: null,
    });
    this.#page.patch('runs', withSession(withoutModel(this.#s.runs), null, 'idle'));
    this.comparing.modelChanged();
    try {
      const info = await this.#train.request({
        type: 'open-model',
        source,
        device: askedDevice(this.#s.model),
        ...this.#filesOf(source),
      });
      if (turn !== this.#modelTurn) return;
      this.#opened(info);
      this.configure.followModel(info);
      void tokenizer.failure().then((failure) => {
        if (failure && turn === this.#modelTurn) this.#page.report('model', failure.error);
      });
    } catch (error) {
      if (turn !== this.#modelTurn) return;
      // The browser lost the worker, not the model: another one opens it.
      if (isStuck(error) && tries > 1) return await this.openModel(source, { ...options, tries: tries - 1 });
      this.#events.flush();
      const before = this.#before?.model.status === 'ready' && !orNone ? this.#before : null;
      const still = before && (await this.#train.request({ type: 'opened' }).catch(() => null));
      if (turn !== this.#modelTurn) return;
      if (before && still) {
        this.#takeBack(before);
        this.data.useTokenizer(this.#openingAgain(before.model.source!));
      } else this.#page.patch('model', { status: 'failed', progress: null, phase: 'failed' });
      this.#page.report('model', error);
    }
  }

  /** What was open is shown again, with its runs and results. */
  #takeBack({ model, runs }: Pick<State, 'model' | 'runs'>): void {
    const { session, profile, phase, plan, fix, timing, imported, answers, asked, batch, written } = runs;
    const version = this.#s.runs.version + 1;
    this.#page.patch('runs', {
      session,
      profile,
      phase,
      plan,
      fix,
      timing,
      imported,
      answers,
      asked,
      batch,
      written,
      version,
    });
    this.#page.patch('model', { ...model, moving: null });
  }

  #openingAgain(source: ModelSource): () => Promise<ChatTemplate[] | null> {
    return openingTokenizer(this.#data, source, this.#filesOf(source)).open;
  }

  /** The files of a source that is a folder: the workers know them only while they live. */
  #filesOf(source: ModelSource): { files?: FolderFiles } {
    const files = source.kind === 'folder' ? this.#folders.get(source.id) : undefined;
    return files ? { files } : {};
  }

  #opened(info: ModelInfo): void {
    this.#events.flush();
    this.#page.patch('model', { status: 'ready', info, phase: 'idle', progress: null, moving: null });
    this.configure.check();
    this.configure.planSoon(0);
  }

  /**
   * Opens the model on a device of another kind, from now on the one to compute on. What is open stays until the model is
   * ready there; adapters on the page go along, as far as a file could hold them. @returns whether it did
   */
  async computeOn(device: DeviceKind): Promise<boolean> {
    const { model } = this.#s;
    if (model.moving || model.status === 'opening') return false;
    this.#page.dismiss('model');
    if (model.status !== 'ready' || !model.source) {
      this.#page.patch('model', { choice: device });
      if (model.source) await this.openModel(model.source);
      return this.#s.model.status === 'ready';
    }
    const turn = ++this.#modelTurn;
    try {
      refuseTwo(this.#s);
      this.#page.patch('model', { moving: device, phase: 'loading', progress: null });
      if (this.savedSessions.adding) await this.savedSessions.adding;
      return await this.#move(model.source, device, turn);
    } catch (error) {
      if (turn !== this.#modelTurn) return false;
      this.#events.flush();
      this.#page.patch('model', { moving: null, phase: 'idle', progress: null });
      this.#page.report('model', error);
      return false;
    }
  }

  async #move(source: ModelSource, device: DeviceKind, turn: number): Promise<boolean> {
    const carried = await takeAdapters(this.#train, this.#s);
    const info = await this.#train.request({ type: 'open-model', source, device, ...this.#filesOf(source) });
    if (turn !== this.#modelTurn) return false;
    // From here on the other device is the one: an adapter that fails to follow is said, and only that one is gone.
    this.comparing.modelChanged();
    this.#page.patch('model', { status: 'ready', info, choice: device });
    this.#page.patch('runs', withoutModel(this.#s.runs));
    const { imported, lost } = await giveAdapters(this.#train, carried, (error) => this.#page.report('compare', error));
    if (turn !== this.#modelTurn) return false;
    const { session, version } = this.#s.runs;
    const gone = session && new Set([...(session.gone ?? []), ...adaptersOf(session).stays, ...lost]);
    this.#page.patch('runs', { session: session && { ...session, gone: gone! }, imported, version: version + 1 });
    this.#opened(info);
    return true;
  }

  /**
   * Ends opening a model, whether the workers hear it or not. What was open stays; where the new model had taken its place on
   * the device already, it is opened again.
   */
  async cancelOpening(): Promise<void> {
    if (this.#s.model.status !== 'opening') return;
    const turn = ++this.#modelTurn;
    const before = this.#before?.model.status === 'ready' ? this.#before : null;
    const was = before?.model.source ?? null;
    const openTokenizer = was ? this.#openingAgain(was) : () => Promise.resolve(null);
    this.data.wantTokenizer(openTokenizer);
    const unheard = () => null;
    const [train, data] = await Promise.all([
      this.#train.insist({ type: 'cancel-open' }).catch(unheard),
      this.#data.insist({ type: 'close-tokenizer' }).catch(unheard),
    ]);
    if (turn !== this.#modelTurn) return;
    this.#events.flush();
    if (before && train?.reply.kept) {
      this.#takeBack(before);
      // A data worker that had to start anew has opened it by now.
      if (data) this.data.useTokenizer(openTokenizer);
      else this.data.prepareSoon(0);
      return;
    }
    if (train && !train.reply.kept) this.#train.restart();
    this.#page.patch('model', { status: 'failed', info: null, progress: null, phase: 'idle' });
    if (was) await this.openModel(was);
  }

  /** `owner/name` and a revision, from the hub. @param file the form to open, by path; null: the one that fits */
  openFromHub(id: string, revision: string, file: string | null = null): Promise<void> {
    return this.openModel({ ...this.downloads.source(id, revision), ...(file !== null && { file }) });
  }

  /** Opens the folder of a model from this computer. @param files by path below the folder */
  openFolder(name: string, files: FolderFiles): Promise<void> {
    this.#folders.set(name, files);
    return this.openModel({ kind: 'folder', id: name });
  }

  /** The same of one that was dropped on the page, which may be while a run goes on. */
  async dropFolder(name: string, files: FolderFiles): Promise<void> {
    try {
      refuseTwo(this.#s);
    } catch (error) {
      this.#page.report('model', error);
      return;
    }
    await this.openFolder(name, files);
  }

  // ---- training ------------------------------------------------------------------------------------

  /** The run that is played until there is one of one's own; null where it cannot be had, which nobody needs to be told. */
  async recordedRun(): Promise<RecordedRun | null> {
    try {
      const response = await fetch(`${this.#options.baseUrl}${RECORDED_RUN}`);
      return response.ok ? recordedRun(await this.#readers.run(await response.blob())) : null;
    } catch {
      return null;
    }
  }

  /** Starts all runs of the draft side by side. */
  async start(): Promise<void> {
    // A second click before the first one shows.
    if (this.#starting) return;
    this.#page.dismiss('train');
    const busy = (on: boolean) => (this.#starting = on);
    await this.#page.command(
      'train',
      async () => {
        const config = parseSession(this.#s.runs.draft);
        refuseTwo(this.#s);
        const { data, ...from } = await this.data.current();
        await this.#startSession(config, data, { ...from, recipe: this.#madeFrom() }, 'run');
      },
      busy,
    );
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

  /** What a finished adapter is measured with: the worker has it where the session ended there; else the data set that is open. */
  async #measuredWith(what: SessionView | Imported): Promise<MeasuredWith> {
    if ('config' in what && what.gone === undefined) return null;
    const { data, dataName: name } = await this.data.current();
    const settings = 'config' in what ? what.config.train : parseSession(this.#s.runs.draft).train;
    return { data: { ...data, settings }, name };
  }

  /**
   * Puts a new session in the place of the last one; resolves once its first step may begin. One of an experiment over seeds
   * looks at gates, and is no run of its own: the experiment keeps its cells and starts what was interrupted anew, so it
   * is neither saved on the way nor listed under History.
   */
  async #startSession(
    config: SessionConfig,
    { train, validation }: ExperimentData,
    from: Pick<SessionView, 'template' | 'mapping' | 'dataName' | 'dataOrigin' | 'recipe'>,
    of: 'run' | 'experiment',
  ): Promise<void> {
    const { info } = this.#s.model;
    if (this.#s.model.status !== 'ready' || this.#s.model.moving || !info)
      throw new SieveError(message('store.noModel'));
    if (isLive(this.#s.runs.phase)) throw new SieveError(message('store.busy.runHere'));
    // The click that started this is drawn first; the new panels come in a task of their own.
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    if (this.savedSessions.adding) await this.savedSessions.adding;
    const metricLogs = new Map(['base', ...config.runs.map((r) => r.id)].map((id) => [id, new MetricLog(id)]));
    try {
      if (this.#s.runs.session) await this.#train.request({ type: 'reset' });
      this.#events.flush();
      const session: SessionView = {
        config,
        ...from,
        plan: null,
        devices: [usedDevice(info.device)],
        metricLogs,
        failed: new Map(),
        startedAt: Date.now(),
      };
      // A step and a token are of the session that was; runs and modules go on by their names.
      this.#page.patch('selection', { step: null, token: null, pointed: { step: null, token: null } });
      this.#page.patch('runs', { ...withSession(this.#s.runs, session, 'compiling'), broke: null });
      // A person who watches reads samples.
      const asked =
        of === 'experiment'
          ? { measureGates: true }
          : { samplePrompts: await templatedPrompts(this.#s.runs.samplePrompts, from, this.data.applyChatTemplate) };
      const plan = await this.#train.request({ type: 'start', config, train, validation, ...asked });
      const now = this.#s.runs.session;
      if (now?.metricLogs === metricLogs) {
        this.#page.patch('runs', { session: { ...now, plan } });
        if (of === 'run') this.checkpoints.begin(train, validation);
      }
      if (this.#s.runs.watchText !== null)
        await this.#train.request({ type: 'watch-text', text: this.#s.runs.watchText });
    } catch (error) {
      this.#events.flush();
      if (this.#s.runs.phase === 'compiling') this.#page.patch('runs', { phase: 'failed', progress: null });
      throw error;
    }
  }

  /** Resolves with the session once it is no longer live. @throws {SieveError} when another took its place */
  #sessionEnd(): Promise<SessionView> {
    const metricLogs = this.#s.runs.session?.metricLogs;
    return new Promise((resolve, reject) => {
      const look = () => {
        const { session, phase } = this.#s.runs;
        if (session === null || session.metricLogs !== metricLogs)
          reject(new SieveError(message('store.experiments.modelChanged')));
        else if (!isLive(phase)) resolve(session);
        else return;
        end();
      };
      const end = this.store.subscribe(look);
      look();
    });
  }

  pause(): Promise<void> {
    return this.#page.command('train', () => this.#train.request({ type: 'pause' }));
  }

  resume(): Promise<void> {
    return this.#page.command('train', () => this.#train.request({ type: 'resume' }));
  }

  /** Ends the run; what was learnt stays for Compare and export. */
  stop(): Promise<void> {
    return this.#page.command('train', () => this.#train.request({ type: 'stop' }));
  }

  /** Opens a module's gate for all tokens again; it goes on learning from there. `module`: its place among the run's. */
  resetTau(runId: RunId, module: number): Promise<void> {
    return this.#page.command('train', () => this.#train.request({ type: 'reset-tau', runId, module }));
  }

  /** Times the kernels of one step. */
  async profile(): Promise<void> {
    if (this.#s.runs.profiling) return;
    await this.#page.command(
      'train',
      async () => this.#page.patch('runs', { profile: await this.#train.request({ type: 'profile' }) }),
      (profiling) => this.#page.patch('runs', { profiling }),
    );
  }

  /** The text whose tokens are watched; null = the first validation example. */
  watch(text: string | null): Promise<void> {
    this.#page.patch('runs', { watchText: text });
    if (!this.#s.runs.session) return Promise.resolve();
    return this.#page.command('inspect', () => this.#train.request({ type: 'watch-text', text }));
  }

  /** The validation picture whose patches are watched. */
  watchExample(example: number): Promise<void> {
    return this.#page.command('inspect', () => this.#train.request({ type: 'watch-example', example }));
  }

  /** Prompts that every run answers at each evaluation; null = one of the validation data, [] = none. */
  async setSamplePrompts(prompts: string[] | null): Promise<void> {
    this.#page.patch('runs', { samplePrompts: prompts });
    const { session } = this.#s.runs;
    if (!session) return;
    await this.#page.command('train', async () =>
      this.#train.request({
        type: 'sample-prompts',
        prompts: await templatedPrompts(prompts, session, this.data.applyChatTemplate),
      }),
    );
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
