/**
 * What a person can do under History: runs that have ended are kept, found, opened again, taken away and brought back.
 */
import type { StoreApi } from 'zustand/vanilla';
import { type SessionConfig, drawsTokens } from '../shared/config';
import { type ErrorInfo, SieveError, StorageError, toErrorInfo } from '../shared/errors';
import type { DataRecipe } from '../shared/dataRecipe';
import { type SavedSession, MAX_TAGS, savedSessionSchema, nameSchema, tagSchema } from '../shared/savedSession';
import { needSiteData } from '../shared/siteData';
import { message } from '../shared/message';
import type { Names } from '../shared/names';
import type { AdapterFile, ModelSource, Phase, RunId } from '../train/protocol';
import { refuseTwo } from './checks';
import { openDatabase } from './database';
import { totalSkipped } from './metricLog';
import type { KeepClient } from './keepClient';
import { type RunFile, exportedRun, runFileName, runFiles } from './runFile';
import { type KeepSlice, type SessionView, type State, isLive, withSession } from './slices';
import type { TrainClient } from './trainClient';

export interface SavedSessionsHost {
  store: StoreApi<State>;
  train: TrainClient;
  keep: KeepClient;
  flush: () => void;
  openModel: (source: ModelSource) => Promise<void>;
  setDraft: (draft: SessionConfig) => void;
  report: (error: unknown) => void;
  dismiss: () => void;
  readRun: (zip: Blob) => Promise<RunFile>;
  names: Names;
  /** Makes the data set of a run again, in the place of what is open. */
  restoreData: (data: { name: string; recipe: DataRecipe }) => Promise<void>;
  /** Deletes files of data sets that nothing needs any more. */
  sweepData: () => Promise<void>;
}

/** Every record there is, as the database has it. */
export const allRecords = async (): Promise<unknown[]> => (await openDatabase()).getAll('runs');

export const newId = (at: number) => `${at.toString(36)}-${crypto.randomUUID().slice(0, 8)}`;

/** The record of a session that has ended. */
export function recordOf(
  session: SessionView,
  ended: SavedSession['ended'],
  where: { id: string; model: ModelSource; endedAt: number; bytes: number; recipe?: DataRecipe | null },
  names: Pick<Names, 'savedSession'>,
): SavedSession {
  const { config, template, mapping, devices, metricLogs, failed, startedAt, dataName } = session;
  const finals = config.runs.map(({ id }) => {
    const h = metricLogs.get(id);
    const last = h?.evals.at(-1);
    const broke = failed.get(id);
    return {
      steps: h && h.step.length > 0 ? h.step.at(-1) : 0,
      loss: last?.loss ?? null,
      skipped: last?.gate ? totalSkipped(last.gate) : null,
      failed: broke ? { code: broke.code, params: broke.params } : null,
    };
  });
  return savedSessionSchema.parse({
    format: 'sieve-session',
    version: 2,
    name: names.savedSession(
      config.runs.map((r) => r.name),
      dataName,
    ),
    tags: [],
    startedAt,
    ended,
    devices,
    data: dataName.slice(0, 300),
    template,
    mapping,
    config,
    base: metricLogs.get('base')?.evals.at(-1)?.loss ?? null,
    finals,
    recipe: null,
    ...where,
  } satisfies SavedSession);
}

/** Whether every word of `query` is somewhere in the record: name, tags, model, data, methods. */
export function matches(run: SavedSession, query: string): boolean {
  const all = [run.name, ...run.tags, run.model.id, run.data, ...run.config.runs.flatMap((r) => [r.name, r.method])]
    .join('\n')
    .toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

export class SavedSessions {
  readonly #host: SavedSessionsHost;
  /** A session that is being kept: its adapters must live until this is done. */
  adding: Promise<void> | null = null;
  readonly #others = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('sieve-saved');

  constructor(host: SavedSessionsHost) {
    this.#host = host;
    if (this.#others) this.#others.onmessage = () => void this.list();
  }

  /** Reads the list, newest first, and how full the storage is. */
  async list(): Promise<void> {
    try {
      const values = await allRecords();
      const runs = values
        .map((v) => savedSessionSchema.safeParse(v))
        .filter((r) => r.success)
        .map((r) => r.data);
      runs.sort((a, b) => b.endedAt - a.endedAt);
      this.#patch({ runs, unreadable: values.length - runs.length, unlisted: null });
      await this.measure();
    } catch (error) {
      this.#patch({ unlisted: toErrorInfo(error) });
    }
  }

  async measure(): Promise<void> {
    const storage = needSiteData('storage');
    const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([storage.estimate(), storage.persisted()]);
    this.#patch({ quota: { usage, quota, persisted } });
  }

  /** Asks the browser not to clear the storage when space runs short. */
  persist(): Promise<boolean> {
    return this.#do(null, async () => {
      const granted = await needSiteData('storage').persist();
      await this.measure();
      if (!granted) throw new StorageError(message('store.saved.notPersistent'));
    });
  }

  /**
   * Keeps a session that has ended, with every adapter that learnt something and that files can hold. Failures are
   * shown.
   */
  add(session: SessionView, phase: Phase): Promise<void> {
    const adding = this.#add(session, phase).finally(() => {
      if (this.adding === adding) this.adding = null;
    });
    this.adding = adding;
    return adding;
  }

  async #add(session: SessionView, phase: Phase): Promise<void> {
    const { mode } = this.#s.keep;
    const { source, info } = this.#s.model;
    const trained = session.config.runs.filter((r) => (session.metricLogs.get(r.id)?.step.length ?? 0) > 0);
    if (mode !== 'writer' || !source || !info || trained.length === 0) return;
    const endedAt = Date.now();
    const id = newId(endedAt);
    await this.#do(id, async () => {
      const adapters: Record<RunId, AdapterFile[]> = {};
      for (const run of trained.filter((r) => !drawsTokens(r)))
        adapters[run.id] = (
          await this.#host.train.request({ type: 'export', runId: run.id, template: session.template, check: false })
        ).files;
      const files = runFiles(
        [...session.metricLogs.values()].map((h) => h.snapshot()),
        adapters,
      );
      const recipe = (await session.recipe) ?? null;
      const ended = phase === 'finished' || phase === 'stopped' ? phase : 'failed';
      await this.#write(
        files,
        (bytes) => recordOf(session, ended, { id, model: source, endedAt, bytes, recipe }, this.#host.names),
        id,
      );
    });
  }

  /** File first, record second: a record without its file would be a promise that cannot be kept. */
  async #write(files: AdapterFile[], record: (bytes: number) => SavedSession, id: string): Promise<void> {
    const { bytes } = await this.#host.keep.request({ type: 'write-run', id, files });
    try {
      await (await openDatabase()).put('runs', record(bytes), id);
    } catch (error) {
      await this.#host.keep.request({ type: 'delete-run', id });
      throw error;
    }
    await this.#changed();
  }

  async #changed(): Promise<void> {
    this.#others?.postMessage('changed');
    await this.list();
  }

  /** Changes name or tags. @returns whether it did; what keeps it from that is shown */
  edit(id: string, change: { name?: string; tags?: string[] }): Promise<boolean> {
    return this.#do(id, async () => {
      const tags = change.tags && [...new Set(change.tags.map((t) => t.trim()).filter(Boolean))];
      if (change.name !== undefined && !nameSchema.safeParse(change.name.trim()).success)
        throw new SieveError(message('store.saved.name'));
      if (tags && (tags.length > MAX_TAGS || !tags.every((t) => tagSchema.safeParse(t).success)))
        throw new SieveError(message('store.saved.tags', { most: MAX_TAGS }));
      const record = this.#record(id);
      await (await openDatabase()).put(
        'runs',
        { ...record, name: change.name?.trim() ?? record.name, tags: tags ?? record.tags },
        id,
      );
      await this.#changed();
    });
  }

  /** Deletes a run with its file. @returns whether it did */
  remove(id: string): Promise<boolean> {
    return this.#do(id, async () => {
      await (await openDatabase()).delete('runs', id);
      await this.#host.keep.request({ type: 'delete-run', id });
      await this.#host.sweepData();
      await this.#changed();
    });
  }

  /** Curves and adapters of a saved session. */
  async load(id: string): Promise<RunFile> {
    const storage = needSiteData('storage');
    let blob: Blob;
    try {
      const folder = await (await storage.getDirectory()).getDirectoryHandle('runs');
      blob = await (await folder.getFileHandle(`${id}.zip`)).getFile();
    } catch (error) {
      throw new StorageError(message('store.saved.fileGone', { why: (error as Error).message }));
    }
    return this.#host.readRun(blob);
  }

  /**
   * Shows a saved session as if it had just ended: curves, tables and maps. With them come its adapters, for Compare
   * and export, where its model can be opened; where it cannot, or nothing can be computed at all, the run can still be
   * looked at.
   * @param alone leaves settings and data as they are
   */
  open(id: string, { alone = false }: { alone?: boolean } = {}): Promise<boolean> {
    return this.#do(id, async () => {
      const record = this.#record(id);
      refuseTwo(this.#s);
      const file = await this.load(id);
      if (await this.#openModel(record)) {
        if (this.#s.runs.session) await this.#host.train.request({ type: 'reset' });
        for (const [runId, files] of file.adapters)
          await this.#host.train.request(
            { type: 'import', files, as: runId },
            files.map((f) => f.bytes.buffer as ArrayBuffer),
          );
      }
      this.#host.flush();
      const failed = new Map<string, ErrorInfo>(
        record.config.runs.flatMap((r, i) => {
          const why = record.finals[i].failed;
          if (why === null) return [];
          const said = typeof why === 'string' ? message('shared.foreign', { text: why }) : why;
          return [[r.id, { name: 'TrainError', ...said }]];
        }),
      );
      const session: SessionView = {
        config: record.config,
        template: record.template,
        mapping: record.mapping,
        dataName: record.data,
        ...(record.recipe && { dataOrigin: record.recipe.origin }),
        recipe: Promise.resolve(record.recipe),
        classes: [...file.metricLogs.values()].find((m) => m.classified)?.classified?.set.classes,
        plan: null,
        devices: record.devices,
        metricLogs: file.metricLogs,
        failed,
        startedAt: record.startedAt,
        gone: new Set(record.config.runs.map((r) => r.id).filter((r) => !file.adapters.has(r))),
      };
      if (!alone) this.#host.setDraft(record.config);
      if (!alone && record.recipe) void this.#host.restoreData({ name: record.data, recipe: record.recipe });
      this.#host.store.setState((s) => ({
        runs: withSession(s.runs, session, record.ended),
      }));
      if (file.damaged.length > 0) {
        const names = record.config.runs.filter((r) => file.damaged.includes(r.id)).map((r) => r.name);
        this.#host.report(new StorageError(message('store.runFile.damagedAdapters', { runs: names.join(', ') })));
      }
    });
  }

  /** @returns whether the run's model is open now; what keeps it from opening is said under Model */
  async #openModel(record: SavedSession): Promise<boolean> {
    const { source, status } = this.#s.model;
    if (status === 'ready' && JSON.stringify(source) === JSON.stringify(record.model)) return true;
    if (isLive(this.#s.runs.phase) || this.#s.experiments.running !== null)
      throw new SieveError(message('store.saved.otherModel', { model: record.model.id }));
    await this.#host.openModel(record.model);
    return this.#s.model.status === 'ready';
  }

  /** The run as one file; null when it failed (and was reported). */
  async exportFile(id: string): Promise<{ name: string; blob: Blob } | null> {
    let out: { name: string; blob: Blob } | null = null;
    await this.#do(id, async () => {
      const record = this.#record(id);
      const blob = await exportedRun(record, (await this.load(id)).files);
      out = { name: runFileName(record), blob };
    });
    return out;
  }

  /** Takes in a file that `exportFile` wrote, here or elsewhere. */
  importFile(blob: Blob): Promise<boolean> {
    return this.#do(null, async () => {
      const { record, files, adapters, metricLogs, damaged } = await this.#host.readRun(blob);
      if (!record) throw new StorageError(message('store.runFile.noRecord'));
      // Elsewhere there may be a whole one.
      if (damaged.length > 0) throw new StorageError(message('store.runFile.damaged', { file: damaged[0] }));
      const known = new Set(['base', ...record.config.runs.map((r) => r.id)]);
      const stray = [...adapters.keys(), ...metricLogs.keys()].find((runId) => !known.has(runId));
      if (stray !== undefined || record.config.runs.some((r) => !metricLogs.has(r.id)))
        throw new StorageError(message('store.runFile.differs'));
      // The same run twice gets an id of its own, since the first may have been renamed.
      const id = this.#s.keep.runs.some((r) => r.id === record.id) ? newId(Date.now()) : record.id;
      await this.#write(files, (bytes) => ({ ...record, id, bytes }), id);
    });
  }

  #record(id: string): SavedSession {
    const record = this.#s.keep.runs.find((r) => r.id === id);
    if (!record) throw new StorageError(message('store.saved.gone'));
    return record;
  }

  async #do(id: string | null, act: () => Promise<unknown>): Promise<boolean> {
    this.#host.dismiss();
    this.#patch({ busy: id });
    try {
      await act();
      return true;
    } catch (error) {
      this.#host.report(
        error instanceof DOMException && error.name === 'QuotaExceededError'
          ? new StorageError(message('store.saved.full'))
          : error,
      );
      return false;
    } finally {
      this.#patch({ busy: null });
    }
  }

  get #s(): State {
    return this.#host.store.getState();
  }

  #patch(patch: Partial<KeepSlice>): void {
    this.#host.store.setState((s) => ({ keep: { ...s.keep, ...patch } }));
  }
}
