/** What the page knows of a session, kept by the page's own rules: its logs, its record, its file in History. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SessionConfig, drawsTokens } from '../shared/config';
import type { DataRecipe } from '../shared/dataRecipe';
import type { ErrorInfo } from '../shared/errors';
import { names } from '../shared/texts/names';
import type { UsedDevice } from '../shared/types';
import type { PageState } from '../store/checkpoints';
import { goingOn } from '../store/device';
import { applyEvents } from '../store/events';
import { MetricLog } from '../store/metricLog';
import { exportedRun, runFileName, runFiles } from '../store/runFile';
import { newId, recordOf } from '../store/savedSessions';
import { type SessionView, type State, initialState, withSession } from '../store/slices';
import { adapterZipName, zipAdapter } from '../store/zip';
import type { AdapterFile, Checkpoint, ModelSource, RunId, TrainEvent } from '../train/protocol';
import type { TrainService } from '../train/trainService';

export interface Began {
  config: SessionConfig;
  recipe: DataRecipe;
  source: ModelSource;
  /** What it is computed on; null where it is only prepared. */
  device: UsedDevice | null;
  /** What it goes on from. */
  checkpoint: Checkpoint | null;
}

/** A file that is written when a session has ended, or is handed over. */
export interface Written {
  kind: 'adapter' | 'session' | 'training';
  runId?: RunId;
  name: string;
  blob: Blob;
}

/** @returns what was written, and where */
export async function write(
  out: string,
  { blob, name, ...which }: Written,
): Promise<Omit<Written, 'blob' | 'name'> & { path: string }> {
  mkdirSync(out, { recursive: true });
  const path = join(out, name);
  writeFileSync(path, new Uint8Array(await blob.arrayBuffer()));
  return { ...which, path };
}

export class RunLog {
  #state: State;
  readonly #source: ModelSource;
  readonly #recipe: DataRecipe;

  constructor({ config, recipe, source, device, checkpoint }: Began) {
    this.#source = source;
    this.#recipe = recipe;
    const page = checkpoint?.page as PageState | undefined;
    const logs = page
      ? page.metricLogs.map((log) => MetricLog.restore(log))
      : ['base', ...config.runs.map(({ id }) => id)].map((id) => new MetricLog(id));
    const session: SessionView = {
      config,
      template: recipe.template,
      mapping: recipe.mapping,
      dataName: names.data(recipe.origin, []),
      dataOrigin: recipe.origin,
      plan: null,
      devices: checkpoint && device ? goingOn(checkpoint.info.devices, device) : device ? [device] : [],
      metricLogs: new Map(logs.map((log) => [log.runId, log])),
      failed: new Map(page?.failed as [string, ErrorInfo][] | undefined),
      startedAt: page?.startedAt ?? Date.now(),
    };
    const state = initialState();
    this.#state = { ...state, runs: withSession(state.runs, session, 'compiling') };
  }

  hear(event: TrainEvent): void {
    this.#state = applyEvents(this.#state, [event], (notice) => ({ ...notice, id: 0 }));
  }

  get session(): SessionView {
    return this.#state.runs.session!;
  }

  /** Runs that have ended with an error. */
  get failed(): boolean {
    return this.session.failed.size > 0;
  }

  /** As the page puts it into a checkpoint, beside the state of the train service. */
  checkpoint(state: Checkpoint['state'], dataHash: string): Checkpoint {
    const { config, template, mapping, dataName, plan, startedAt, failed, metricLogs, devices } = this.session;
    const page: PageState = {
      version: 2,
      template,
      mapping,
      dataName,
      plan,
      startedAt,
      watchText: null,
      samplePrompts: null,
      metricLogs: [...metricLogs.values()].map((log) => log.snapshot()),
      failed: [...failed],
    };
    const data = { name: dataName, recipe: this.#recipe };
    const model = this.#source;
    const info = { savedAt: Date.now(), startedAt, step: state.step, config, model, devices, dataHash, data };
    return { info, state, page };
  }

  /** What the page exports: each adapter that files can hold, and the session as History opens it. */
  async files(service: TrainService, ended: 'finished' | 'stopped' | 'failed'): Promise<Written[]> {
    const { config, template, metricLogs } = this.session;
    const trained = config.runs.filter((r) => (metricLogs.get(r.id)?.step.length ?? 0) > 0 && !drawsTokens(r));
    const written: Written[] = [];
    const adapters: Record<RunId, AdapterFile[]> = {};
    for (const { id: runId, name } of trained) {
      const { files } = await service.export({ type: 'export', runId, template, check: true });
      written.push({ kind: 'adapter', runId, name: adapterZipName(name), blob: await zipAdapter(files) });
      adapters[runId] = (await service.export({ type: 'export', runId, template, check: false })).files;
    }
    return [...written, await this.#session(this.#files(adapters), { ended, what: 'session' })];
  }

  /** The session as it stands, with the files that it goes on with elsewhere. */
  training(files: readonly AdapterFile[]): Promise<Written> {
    return this.#session([...this.#files({}), ...files], { ended: 'stopped', what: 'training' });
  }

  #files(adapters: Record<RunId, AdapterFile[]>): AdapterFile[] {
    return runFiles(
      [...this.session.metricLogs.values()].map((log) => log.snapshot()),
      adapters,
    );
  }

  async #session(
    files: readonly AdapterFile[],
    { ended, what }: { ended: 'finished' | 'stopped' | 'failed'; what: 'session' | 'training' },
  ): Promise<Written> {
    const endedAt = Date.now();
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
    const where = { id: newId(endedAt), model: this.#source, endedAt, bytes, recipe: this.#recipe };
    const record = recordOf(this.session, ended, where, names);
    return { kind: what, name: runFileName(record, what), blob: await exportedRun(record, files) };
  }
}
