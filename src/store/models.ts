/** What a person can do with models, as commands: open one, move it to another device, cancel. */
import type { ChatTemplate, Shipped } from '../shared/data';
import type { FolderFiles, ModelInfo, ModelSource } from '../train/protocol';
import { adaptersOf, giveAdapters, takeAdapters } from './carry';
import type { DataClient } from './dataClient';
import { refuseTwo } from './checks';
import { type DeviceKind, askedDevice } from './device';
import type { ConfigureCommands } from './configure/commands';
import type { DatasetCommands } from './dataset';
import type { Downloads } from './downloads';
import type { Page } from './page';
import { type State, withSession, withoutModel } from './slices';
import { fetchModels } from './shipped';
import type { TrainClient } from './trainClient';
import { isStuck } from './workerClient';
import { openingTokenizer } from './tokenizerOf';

export interface ModelHost {
  page: Page;
  train: TrainClient;
  /** The worker that has the tokenizer. */
  client: DataClient;
  data: DatasetCommands;
  configure: ConfigureCommands;
  downloads: Downloads;
  /** Where `models/` lies: the app's base URL. */
  baseUrl: string;
  flush(): void;
  /** What has ended is being kept; null: nothing is. */
  saving(): Promise<void> | null;
  /** What was compared was of another model. */
  changed(): void;
}

export class ModelCommands {
  readonly #host: ModelHost;
  #shipped: Promise<Shipped[]> | null = null;
  /** Folders that were opened as models, by name. */
  readonly #folders = new Map<string, FolderFiles>();
  #turn = 0;
  /** What was open when the model that is being opened was chosen. */
  #before: Pick<State, 'model' | 'runs'> | null = null;

  constructor(host: ModelHost) {
    this.#host = host;
  }

  /** The models that ship with the page; asked for once. @throws {SieveError} when the list cannot be had */
  list(): Promise<Shipped[]> {
    return (this.#shipped ??= fetchModels(this.#host.baseUrl).then((shipped) => {
      this.#host.page.patch('model', { shipped });
      return shipped;
    }));
  }

  /** Resolves once a model is open, or cannot be opened. */
  settled(): Promise<void> {
    const settled = ({ model: { status } }: State) => status === 'ready' || status === 'failed';
    return new Promise((resolve) => {
      if (settled(this.#host.page.state)) return resolve();
      const end = this.#host.page.store.subscribe((s) => {
        if (!settled(s)) return;
        end();
        resolve();
      });
    });
  }

  /**
   * Opens the model that desk or address name, at once; the first of the list where they name none, or none of the
   * list.
   */
  async openFirst(named: ModelSource | null): Promise<void> {
    const opened = named && this.open(named);
    try {
      const shipped = await this.list();
      const known = named?.kind === 'hub' || shipped.some(({ id }) => id === named?.id);
      // Whoever has chosen another one meanwhile gets that.
      if (!known && shipped.length > 0 && this.#host.page.state.model.source === named)
        return await this.open({ kind: 'embedded', id: shipped[0].id });
    } catch (error) {
      if (!named) this.#host.page.patch('model', { status: 'failed' });
      this.#host.page.report('model', error);
    }
    await opened;
  }

  /**
   * Opens a model in both workers: weights and check in one, the tokenizer in the other. Where it cannot be opened,
   * what was open before stays, with its runs and results; with `orNone`, for whoever has use for no other model, none
   * is.
   * @param options `tries`: where the browser loses the worker
   */
  async open(source: ModelSource, options: { orNone?: boolean; tries?: number } = {}): Promise<void> {
    const { orNone = false, tries = 3 } = options;
    const turn = ++this.#turn;
    this.#host.page.dismiss('model');
    if (this.#host.page.state.model.status !== 'opening')
      this.#before = { model: this.#host.page.state.model, runs: this.#host.page.state.runs };
    const saving = this.#host.saving();
    if (saving) await saving;
    if (turn !== this.#turn) return;
    // What keeps the model from opening usually keeps its tokenizer too: say it once.
    const tokenizer = openingTokenizer(this.#host.client, source, this.#filesOf(source));
    this.#host.data.useTokenizer(tokenizer.open);
    this.#host.page.patch('model', {
      source,
      status: 'opening',
      info: null,
      phase: 'loading',
      progress: null,
      moving: null,
    });
    this.#host.page.patch('runs', withSession(withoutModel(this.#host.page.state.runs), null, 'idle'));
    this.#host.changed();
    try {
      const info = await this.#host.train.request({
        type: 'open-model',
        source,
        device: askedDevice(this.#host.page.state.model),
        ...this.#filesOf(source),
      });
      if (turn !== this.#turn) return;
      this.#opened(info);
      this.#host.configure.followModel(info);
      void tokenizer.failure().then((failure) => {
        if (failure && turn === this.#turn) this.#host.page.report('model', failure.error);
      });
    } catch (error) {
      if (turn !== this.#turn) return;
      // The browser lost the worker, not the model: another one opens it.
      if (isStuck(error) && tries > 1) return await this.open(source, { ...options, tries: tries - 1 });
      this.#host.flush();
      const before = this.#before?.model.status === 'ready' && !orNone ? this.#before : null;
      const still = before && (await this.#host.train.request({ type: 'opened' }).catch(() => null));
      if (turn !== this.#turn) return;
      if (before && still) {
        this.#takeBack(before);
        this.#host.data.useTokenizer(this.#openingAgain(before.model.source!));
      } else this.#host.page.patch('model', { status: 'failed', progress: null, phase: 'failed' });
      this.#host.page.report('model', error);
    }
  }

  /** What was open is shown again, with its runs and results. */
  #takeBack({ model, runs }: Pick<State, 'model' | 'runs'>): void {
    const { session, profile, phase, plan, fix, timing, imported, answers, asked, batch, written } = runs;
    const version = this.#host.page.state.runs.version + 1;
    this.#host.page.patch('runs', {
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
    this.#host.page.patch('model', { ...model, moving: null });
  }

  #openingAgain(source: ModelSource): () => Promise<ChatTemplate[] | null> {
    return openingTokenizer(this.#host.client, source, this.#filesOf(source)).open;
  }

  /** The files of a source that is a folder: the workers know them only while they live. */
  #filesOf(source: ModelSource): { files?: FolderFiles } {
    const files = source.kind === 'folder' ? this.#folders.get(source.id) : undefined;
    return files ? { files } : {};
  }

  #opened(info: ModelInfo): void {
    this.#host.flush();
    this.#host.page.patch('model', { status: 'ready', info, phase: 'idle', progress: null, moving: null });
    this.#host.configure.check();
    this.#host.configure.planSoon(0);
  }

  /**
   * Opens the model on a device of another kind, from now on the one to compute on. What is open stays until the model
   * is ready there; adapters on the page go along, as far as a file could hold them. @returns whether it did
   */
  async computeOn(device: DeviceKind): Promise<boolean> {
    const { model } = this.#host.page.state;
    if (model.moving || model.status === 'opening') return false;
    this.#host.page.dismiss('model');
    if (model.status !== 'ready' || !model.source) {
      this.#host.page.patch('model', { choice: device });
      if (model.source) await this.open(model.source);
      return this.#host.page.state.model.status === 'ready';
    }
    const turn = ++this.#turn;
    try {
      refuseTwo(this.#host.page.state);
      this.#host.page.patch('model', { moving: device, phase: 'loading', progress: null });
      const saving = this.#host.saving();
      if (saving) await saving;
      return await this.#move(model.source, device, turn);
    } catch (error) {
      if (turn !== this.#turn) return false;
      this.#host.flush();
      this.#host.page.patch('model', { moving: null, phase: 'idle', progress: null });
      this.#host.page.report('model', error);
      return false;
    }
  }

  async #move(source: ModelSource, device: DeviceKind, turn: number): Promise<boolean> {
    const carried = await takeAdapters(this.#host.train, this.#host.page.state);
    const info = await this.#host.train.request({ type: 'open-model', source, device, ...this.#filesOf(source) });
    if (turn !== this.#turn) return false;
    // From here on the other device is the one: an adapter that fails to follow is said, and only that one is gone.
    this.#host.changed();
    this.#host.page.patch('model', { status: 'ready', info, choice: device });
    this.#host.page.patch('runs', withoutModel(this.#host.page.state.runs));
    const { imported, lost } = await giveAdapters(this.#host.train, carried, (error) =>
      this.#host.page.report('compare', error),
    );
    if (turn !== this.#turn) return false;
    const { session, version } = this.#host.page.state.runs;
    const gone = session && new Set([...(session.gone ?? []), ...adaptersOf(session).stays, ...lost]);
    this.#host.page.patch('runs', { session: session && { ...session, gone: gone! }, imported, version: version + 1 });
    this.#opened(info);
    return true;
  }

  /**
   * Ends opening a model, whether the workers hear it or not. What was open stays; where the new model had taken its
   * place on the device already, it is opened again.
   */
  async cancel(): Promise<void> {
    if (this.#host.page.state.model.status !== 'opening') return;
    const turn = ++this.#turn;
    const before = this.#before?.model.status === 'ready' ? this.#before : null;
    const was = before?.model.source ?? null;
    const openTokenizer = was ? this.#openingAgain(was) : () => Promise.resolve(null);
    this.#host.data.wantTokenizer(openTokenizer);
    const unheard = () => null;
    const [train, data] = await Promise.all([
      this.#host.train.insist({ type: 'cancel-open' }).catch(unheard),
      this.#host.client.insist({ type: 'close-tokenizer' }).catch(unheard),
    ]);
    if (turn !== this.#turn) return;
    this.#host.flush();
    if (before && train?.reply.kept) {
      this.#takeBack(before);
      // A data worker that had to start again has opened it by now.
      if (data) this.#host.data.useTokenizer(openTokenizer);
      else this.#host.data.prepareSoon(0);
      return;
    }
    if (train && !train.reply.kept) this.#host.train.restart();
    this.#host.page.patch('model', { status: 'failed', info: null, progress: null, phase: 'idle' });
    if (was) await this.open(was);
  }

  /** `owner/name` and a revision, from the hub. @param file the form to open, by path; null: the one that fits */
  openFromHub(id: string, revision: string, file: string | null = null): Promise<void> {
    return this.open({ ...this.#host.downloads.source(id, revision), ...(file !== null && { file }) });
  }

  /** Opens the folder of a model from this computer. @param files by path below the folder */
  openFolder(name: string, files: FolderFiles): Promise<void> {
    this.#folders.set(name, files);
    return this.open({ kind: 'folder', id: name });
  }

  /** The same of one that was dropped on the page, which may be while a run goes on. */
  async dropFolder(name: string, files: FolderFiles): Promise<void> {
    try {
      refuseTwo(this.#host.page.state);
    } catch (error) {
      this.#host.page.report('model', error);
      return;
    }
    await this.openFolder(name, files);
  }
}
