/** Everything the train worker can be asked for: a model, an experiment on it, answers, adapters in and out. */
import type { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import type { Device } from '../engine/device/device';
import { openDevice } from '../engine/openDevice';
import { dropKept, keptModels } from '../hub/keptModels';
import { listModelFiles } from '../hub/modelFiles';
import { giveFolder } from '../hub/source';
import type { TrainConfig } from '../shared/config';
import { AdapterError, GpuError, ModelError, OutOfMemoryError, TrainError, toErrorInfo } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import type { DeviceChoice, TokenSet } from '../shared/types';
import { adapterFiles } from './adapterFiles';
import { readAdapter } from './readAdapter';
import { exportedCheck, originOf } from './exportedRun';
import { type Evaluation, evaluate } from './evaluate';
import { exportFiles } from './export/exportFiles';
import { zipFile } from './export/zipFile';
import { FinishedAdapters } from './finishedAdapters';
import { todaysState } from './formerState';
import { handOverFiles } from './handOver';
import { LoadedAdapters } from './loadedAdapters';
import { Lock } from './lock';
import { measureModules } from './moduleMeasures';
import { type FetchedModel, type OpenModel, fetchModel, placeWeights, proveModel } from './openModel';
import { Openings } from './openings';
import type { AdapterFile, RunId, TrainEvent, TrainReplies, TrainRequest } from './protocol';
import { planOf } from './layouts';
import { Session } from './session';
import { timeSteps } from './stepTime';
import { measureTokenClasses } from './tokenClasses';
import { writeAnswers } from './writeAnswers';
import { measureWritten } from './writtenAnswers';

type Request<T extends TrainRequest['type']> = Extract<TrainRequest, { type: T }>;

export class TrainService {
  readonly #emit: (event: TrainEvent) => void;
  readonly #lock = new Lock();
  #device: Device | null = null;
  #model: OpenModel | null = null;
  #session: Session | null = null;
  readonly #loaded = new LoadedAdapters();
  /** What is done with adapters that are finished. */
  readonly finished: FinishedAdapters;
  #cancelled = false;
  /** Models on their way, beside the one that is open. */
  readonly #openings: Openings<FetchedModel>;
  /** The timing that is wanted; an earlier one ends. */
  #timing = 0;

  constructor(emit: (event: TrainEvent) => void, open: (choice: DeviceChoice) => Promise<Device> = openDevice) {
    this.#emit = emit;
    this.finished = new FinishedAdapters({
      lock: this.#lock,
      emit,
      model: () => this.#needModel(),
      session: () => this.#session,
      adapter: (runId) => this.#trained(runId),
      baseOf: (run) => this.#baseOf(run),
    });
    this.#openings = new Openings({
      fitting: (choice) => this.#fitting(choice),
      openDevice: open,
      fetch: (source, signal) => fetchModel(source, emit, signal),
      place: (device, files) => this.#place(device, files),
    });
  }

  /** From now on everything is on `device`; what was on another is gone. */
  #use(device: Device): void {
    this.#forget();
    this.#device = device;
    void device.lost.then((reason) => {
      if (this.#device !== device) return;
      this.#forget();
      this.#emit({
        type: 'fatal',
        error: toErrorInfo(new GpuError(message('train.studio.gpuLost', { reason }))),
        thriftier: false,
      });
    });
  }

  #forget(): void {
    this.#device?.destroy();
    this.#device = null;
    this.#model = null;
    this.#session = null;
    this.finished.forget();
    this.#loaded.forget();
  }

  #needModel(): OpenModel {
    if (!this.#model) throw new ModelError(message('train.studio.noModel'));
    return this.#model;
  }

  #needSession(): Session {
    if (!this.#session) throw new TrainError(message('train.studio.noSession'));
    return this.#session;
  }

  async openModel({ source, device = 'auto', files }: Request<'open-model'>): Promise<TrainReplies['open-model']> {
    if (files) giveFolder(source.id, files);
    return this.#openings.open(source, device, (last) => {
      // Whoever waits for another model already must not take this for the end.
      if (last) this.#emit({ type: 'phase', phase: 'idle' });
      return this.#needModel().info;
    });
  }

  #fitting(choice: DeviceChoice): Device | null {
    const open = this.#device;
    return open !== null && open.error() === null && (choice === 'auto' || choice === open.info.kind) ? open : null;
  }

  /** What is open goes once the model is ready: one that cannot be opened leaves everything as it was. */
  async #place(device: Device, files: FetchedModel): Promise<void> {
    // What it has compiled is of use when opening is tried again.
    if (device !== this.#device && !this.#model) this.#use(device);
    const other = device !== this.#device;
    let model: OpenModel;
    try {
      const base = await this.#placeWeights(device, files);
      // Whoever works with the model that is open waits.
      model = await this.#lock.run(() => proveModel(base, files, this.#emit));
    } catch (error) {
      if (other) device.destroy();
      throw error;
    } finally {
      files.model.weights.release();
    }
    if (other) await this.reset();
    else await this.#clear();
    await this.#lock.run(async () => {
      if (other) this.#use(device);
      this.#model = model;
    });
  }

  /** Beside what is open; in its place where there is no room for both. */
  async #placeWeights(device: Device, files: FetchedModel): Promise<BaseModel> {
    const place = () => this.#lock.run(() => placeWeights(device, files));
    try {
      return await place();
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || device !== this.#device || !this.#model) throw error;
      await this.#clear();
      return place();
    }
  }

  /** Frees the model that is open and all that came with it; the device stays. */
  async #clear(): Promise<void> {
    await this.reset();
    await this.#lock.run(async () => {
      this.#loaded.freeImported();
      this.#model?.base.free();
      this.#model = null;
    });
  }

  opened(): TrainReplies['opened'] {
    return this.#model?.info ?? null;
  }

  async listFiles({ source }: Request<'list-files'>): Promise<TrainReplies['list-files']> {
    return (await listModelFiles(source)).files;
  }

  keptModels(): Promise<TrainReplies['kept-models']> {
    return keptModels();
  }

  async dropKeptModel({ model }: Request<'drop-kept-model'>): Promise<null> {
    await dropKept(model);
    return null;
  }

  cancelOpen(): TrainReplies['cancel-open'] {
    return { kept: this.#openings.cancel() };
  }

  plan({ config, data }: Request<'plan'>): TrainReplies['plan'] {
    return planOf(this.#needModel(), { ...config, data });
  }

  timeSteps({ config, train, validation, steps }: Request<'time-steps'>): Promise<TrainReplies['time-steps']> {
    const model = this.#needModel();
    const turn = ++this.#timing;
    return this.#lock.run(() =>
      timeSteps(model, config, { train, validation }, { steps, cancelled: () => turn !== this.#timing }),
    );
  }

  cancelTiming(): null {
    this.#timing++;
    return null;
  }

  async start({ config, ...input }: Request<'start'>): Promise<TrainReplies['start']> {
    const model = this.#needModel();
    await this.reset();
    this.#session = await Session.create(model, config, input, { lock: this.#lock, emit: this.#emit });
    this.#session.run();
    return this.#session.plan;
  }

  async restore({ state: saved, thriftier, ...input }: Request<'restore'>): Promise<null> {
    const model = this.#needModel();
    const state = todaysState(saved);
    await this.reset();
    this.#session = await Session.create(model, state.config, input, {
      lock: this.#lock,
      emit: this.#emit,
      state,
      thriftier,
    });
    this.#session.run();
    return null;
  }

  state(): Promise<TrainReplies['state']> {
    return this.#needSession().state();
  }

  pause(): null {
    this.#needSession().pause();
    return null;
  }

  resume(): null {
    this.#needSession().resume();
    return null;
  }

  async stop(): Promise<null> {
    await this.#needSession().stop();
    return null;
  }

  /** Ends the experiment and frees what it holds; the model stays. */
  async reset(): Promise<null> {
    const session = this.#session;
    this.#session = null;
    this.#cancelled = true;
    this.#timing++;
    this.finished.cancelAttribution();
    // A session that has ended waits for the lock.
    const closed = this.finished.close();
    await session?.free();
    await closed;
    await this.#lock.run(async () => this.#loaded.freeStandIns());
    return null;
  }

  async watchText({ text }: Request<'watch-text'>): Promise<null> {
    await this.#session?.watch(text);
    return null;
  }

  async watchExample({ example }: Request<'watch-example'>): Promise<null> {
    await this.#session?.watchExample(example);
    return null;
  }

  async samplePrompts({ prompts }: Request<'sample-prompts'>): Promise<null> {
    await this.#session?.samplePrompts(prompts);
    return null;
  }

  /** The base under the head that a run was trained with: the session's, an imported adapter's own, or the model's. */
  #baseOf(run: AdapterRun): BaseModel {
    const trainer = [this.#session?.trainer, this.finished.trainer].find((t) => t?.runs.includes(run));
    return trainer?.base ?? this.#loaded.headOf(run) ?? this.#needModel().base;
  }

  /** The adapter of a run, wherever it came from; null for the base. */
  #adapter(runId: RunId): AdapterRun | null {
    if (runId === 'base') return null;
    const run = this.#loaded.find(runId) ?? this.#session?.trainer.runs.find((r) => r.config.id === runId);
    if (!run) throw new AdapterError(message('train.studio.noRun', { run: runId }));
    return run;
  }

  /** The adapter of a run. @throws {AdapterError} for the base, which has none */
  #trained(runId: RunId): AdapterRun {
    const run = this.#adapter(runId);
    if (!run) throw new AdapterError(message('train.studio.base'));
    return run;
  }

  async generate(
    { runs, prompt, sampling }: Request<'generate'>,
    requestId: number,
  ): Promise<TrainReplies['generate']> {
    const { base, tokenizer } = this.#needModel();
    const read = [base, ...runs.flatMap((id) => (id === 'base' ? [] : [this.#baseOf(this.#trained(id))]))];
    if (read.some(({ config }) => tellsClasses(config))) throw new TrainError(message('train.studio.noText'));
    this.#cancelled = false;
    const written: Record<RunId, string> = Object.create(null);
    const answer = (ids: RunId[]) =>
      writeAnswers(
        base,
        ids.map((runId) => this.#adapter(runId)),
        {
          prompt,
          sampling,
          tokenizer,
          going: () => !this.#cancelled,
          show: (m, piece, done) => {
            written[ids[m]] = (written[ids[m]] ?? '') + piece;
            this.#emit({ type: 'generated', requestId, runId: ids[m], piece, done });
          },
        },
      );
    await this.#lock.run(async () => {
      try {
        await answer(runs);
      } catch (error) {
        if (!(error instanceof OutOfMemoryError) || runs.length === 1) throw error;
        // Not all caches fit beside one another: the models answer in turns.
        for (const runId of runs) await answer([runId]);
      }
      this.#refuseErrors(base.device);
    });
    return { texts: { ...written } };
  }

  /** What the device said while it worked is told to whoever asked, once; a run that is going on looks by itself. */
  #refuseErrors(device: Device): void {
    if (this.#session?.going) return;
    const error = device.error();
    device.forgive();
    if (error) throw error;
  }

  cancelGenerate(): null {
    this.#cancelled = true;
    return null;
  }

  export({ runId, template, check: checked, repository }: Request<'export'>): Promise<TrainReplies['export']> {
    const model = this.#needModel();
    return this.#lock.run(async () => {
      const run = this.#trained(runId);
      const [{ run: config, adapters }, thresholds] = [await run.exported(), await run.method.thresholds()];
      // Some gates keep everything outside training: what they export is a plain adapter.
      const check = checked ? await exportedCheck(run, this.#baseOf(run), model) : null;
      const origin = await originOf(run, this.#baseOf(run), model.info);
      return { files: adapterFiles({ run: config, ...origin, adapters, thresholds, template, check, repository }) };
    });
  }

  async exportFiles(request: Request<'export-files'>): Promise<TrainReplies['export-files']> {
    const { runId, kind, values, template, facts, repository } = request;
    const open = this.#needModel();
    const { source, file } = open.info;
    const subject = await this.#lock.run(async () => {
      const adapter = this.#trained(runId);
      const [{ run, adapters }, thresholds] = [await adapter.exported(), await adapter.method.thresholds()];
      const whole = await adapter.wholeValues();
      return {
        trained: { run, adapters, thresholds, whole },
        model: this.#baseOf(adapter).config,
        check: await exportedCheck(adapter, this.#baseOf(adapter), open),
      };
    });
    const { files, release } = await exportFiles(
      kind,
      { ...subject, source, file, template, facts, repository },
      values,
    );
    try {
      const total = files.reduce((sum, { length }) => sum + length, 0);
      const zip = await zipFile(files, (written) => this.#emit({ type: 'exporting', runId, written, total }));
      return { zip };
    } finally {
      release();
    }
  }

  async handOver({ template }: Request<'hand-over'>): Promise<TrainReplies['hand-over']> {
    const session = this.#needSession();
    const state = await session.state();
    return session.inspect(async ({ model, data, validation }) => {
      const { source, config } = model.info;
      const sets = { train: data.set, validation };
      return {
        files: handOverFiles({ config: state.config, source, model: config, head: null, template, ...sets, state }),
      };
    });
  }

  import({ files, as, name }: Request<'import'>): Promise<TrainReplies['import']> {
    const model = this.#needModel();
    return this.#lock.run(() => this.#loaded.load(model, files, { as, name }, this.#emit));
  }

  /** The terminal's: what files of an adapter, or the base (null), are worth on examples. */
  evaluate(
    of: { runId: RunId; files: readonly AdapterFile[] } | null,
    set: TokenSet,
    train: TrainConfig,
  ): Promise<Evaluation> {
    const model = this.#needModel();
    const adapter = of && readAdapter(of.files, model.base.config, of.runId);
    return this.#lock.run(() => evaluate(model, { adapter, set, train }, this.#emit));
  }

  release({ runId }: Request<'release'>): Promise<null> {
    return this.#lock.run(async () => {
      this.#loaded.release(runId);
      return null;
    });
  }

  async resetTau({ runId, module }: Request<'reset-tau'>): Promise<null> {
    await this.#needSession().resetTau(runId, module);
    return null;
  }

  async writtenAnswers({ runs, examples }: Request<'written-answers'>): Promise<TrainReplies['written-answers']> {
    return { runs: await this.#needSession().inspect((session) => measureWritten(session, runs, examples)) };
  }

  async tokenClasses({ runs, examples }: Request<'token-classes'>): Promise<TrainReplies['token-classes']> {
    return this.#needSession().inspect((session) => measureTokenClasses(session, runs, examples));
  }

  async moduleMeasures({ runId, examples }: Request<'module-measures'>): Promise<TrainReplies['module-measures']> {
    return { modules: await this.#needSession().inspect((session) => measureModules(session, runId, examples)) };
  }

  profile(): Promise<TrainReplies['profile']> {
    return this.#needSession().profile();
  }

  counts(): TrainReplies['counts'] {
    return this.#device?.buffers.live() ?? { buffers: 0, bytes: 0 };
  }
}
