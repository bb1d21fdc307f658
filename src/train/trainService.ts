/** Everything the train worker can be asked for: a model, an experiment on it, answers, adapters in and out. */
import { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import type { Device } from '../engine/device/device';
import { openDevice } from '../engine/openDevice';
import { dropKept, keptModels } from '../hub/keptModels';
import { listModelFiles } from '../hub/modelFiles';
import { giveFolder } from '../hub/source';
import { type TrainConfig, isPerToken, trainSchema } from '../shared/config';
import { AdapterError, GpuError, ModelError, OutOfMemoryError, TrainError, toErrorInfo } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import type { DeviceChoice, ModelFile, TokenSet } from '../shared/types';
import { compareCheck, fitsModel } from './adapterCheck';
import { adapterFiles } from './adapterFiles';
import { type ImportedAdapter, readAdapter } from './readAdapter';
import { exportedCheck, originOf } from './exportedRun';
import { type Evaluation, evaluate } from './evaluate';
import { exportFiles } from './export/exportFiles';
import { zipFile } from './export/zipFile';
import { todaysState } from './formerState';
import { handOverFiles } from './handOver';
import { Lock } from './lock';
import { measureModules } from './moduleMeasures';
import { DEVICE_BARS } from './logitCheck';
import { checkedSequence } from './checkPicture';
import { logitRows } from './logitRows';
import { type FetchedModel, type OpenModel, fetchModel, placeWeights, proveModel } from './openModel';
import { Openings } from './openings';
import type { AdapterFile, RunId, TrainEvent, TrainReplies, TrainRequest } from './protocol';
import { planOf } from './layouts';
import { Session } from './session';
import { attribute } from './sieve/attribute';
import { sieveData } from './sieve/data';
import { Sieve } from './sieve/sieve';
import { timeSteps } from './stepTime';
import { measureTokenClasses } from './tokenClasses';
import { TrainingData, refuseEmpty, refuseForeign } from './trainingData';
import { writeAnswers } from './writeAnswers';
import { measureWritten } from './writtenAnswers';

type Request<T extends TrainRequest['type']> = Extract<TrainRequest, { type: T }>;

export class TrainService {
  readonly #emit: (event: TrainEvent) => void;
  readonly #lock = new Lock();
  #device: Device | null = null;
  #model: OpenModel | null = null;
  #session: Session | null = null;
  readonly #imported = new Map<RunId, AdapterRun>();
  /** Adapters of a saved session that stand in for the experiment's own, until the next one begins. */
  readonly #opened = new Map<RunId, AdapterRun>();
  /** Bases under heads that adapters brought with them. */
  readonly #heads = new Map<AdapterRun, BaseModel>();
  /** The adapter that is sieved, and what ends whatever is done with it, or attributed. */
  #sieve: Sieve | null = null;
  #sieving: AbortController | null = null;
  #attributing: AbortController | null = null;
  #cancelled = false;
  /** Models on their way, beside the one that is open. */
  readonly #openings: Openings<FetchedModel>;
  /** The timing that is wanted; an earlier one ends. */
  #timing = 0;

  constructor(emit: (event: TrainEvent) => void, open: (choice: DeviceChoice) => Promise<Device> = openDevice) {
    this.#emit = emit;
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
    this.#sieve = null;
    this.#imported.clear();
    this.#opened.clear();
    this.#heads.clear();
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
      this.#freeAll(this.#imported);
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
    this.cancelAttribution();
    // A session that has ended waits for the lock.
    const closed = this.sieveClose();
    await session?.free();
    await closed;
    await this.#lock.run(async () => this.#freeAll(this.#opened));
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
    const trainer = [this.#session?.trainer, this.#sieve?.trainer].find((t) => t?.runs.includes(run));
    return trainer?.base ?? this.#heads.get(run) ?? this.#needModel().base;
  }

  /** The adapter of a run, wherever it came from; null for the base. */
  #adapter(runId: RunId): AdapterRun | null {
    if (runId === 'base') return null;
    const run =
      this.#opened.get(runId) ??
      this.#imported.get(runId) ??
      this.#session?.trainer.runs.find((r) => r.config.id === runId);
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
      return { files: handOverFiles({ config: state.config, source, model: config, template, ...sets, state }) };
    });
  }

  /**
   * Looks at a finished adapter, with the session's own data or with those that are given.
   * @throws {TrainError} while a session trains: its adapters change
   */
  async #finished<T>(
    { runId, data }: Pick<Request<'sieve-open'>, 'runId' | 'data'>,
    look: (
      run: AdapterRun,
      on: { model: OpenModel; data: TrainingData; validation: TokenSet; train: TrainConfig },
    ) => Promise<T>,
  ): Promise<T> {
    const model = this.#needModel();
    if (this.#session?.going) throw new TrainError(message('train.sieve.going'));
    const run = this.#trained(runId);
    if (data) {
      const { train: set, validation, settings: train } = data;
      refuseEmpty(data);
      refuseForeign(data, model.base.config);
      const on = {
        model: { ...model, base: this.#baseOf(run) },
        data: new TrainingData(set, train),
        validation,
        train,
      };
      return this.#lock.run(() => look(run, on));
    }
    const session = this.#needSession();
    return session.inspect((s) => look(run, { ...s, train: session.config.train }));
  }

  /** What a signal has ended is answered with null. */
  async #unless<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T | null> {
    try {
      return await task();
    } catch (error) {
      if (signal?.aborted) return null;
      throw error;
    }
  }

  sieveOpen(request: Request<'sieve-open'>): Promise<TrainReplies['sieve-open']> {
    this.#sieving?.abort();
    const { signal } = (this.#sieving = new AbortController());
    return this.#unless(signal, () =>
      this.#finished(request, async (run, { data, validation, ...on }) => {
        this.#sieve?.free();
        this.#sieve = null;
        signal.throwIfAborted();
        this.#sieve = await Sieve.open(run, { ...on, data: sieveData(data, validation, on.train), signal });
        return this.#sieve.info;
      }),
    );
  }

  attribute({ of, points, ...request }: Request<'attribute'>): Promise<TrainReplies['attribute']> {
    this.cancelAttribution();
    const { signal } = (this.#attributing = new AbortController());
    const each = (done: number, all: number) => {
      signal.throwIfAborted();
      this.#emit({ type: 'attributing', done, all });
    };
    return this.#unless(signal, () => this.#finished(request, (run, on) => attribute(on, run, { of, points, each })));
  }

  cancelAttribution(): null {
    this.#attributing?.abort();
    return null;
  }

  #needSieve(): Sieve {
    if (!this.#sieve) throw new AdapterError(message('train.sieve.none'));
    return this.#sieve;
  }

  sieveAt({ way, share, preview }: Request<'sieve-at'>): Promise<TrainReplies['sieve-at']> {
    const signal = this.#sieving?.signal;
    return this.#unless(signal, () =>
      this.#lock.run(async () => {
        signal?.throwIfAborted();
        return this.#needSieve().at(way, share, preview);
      }),
    );
  }

  sieveExport({
    way,
    share,
    name,
    template,
    check: checked,
  }: Request<'sieve-export'>): Promise<TrainReplies['sieve-export']> {
    const model = this.#needModel();
    return this.#lock.run(async () => {
      const { run, adapters } = await this.#needSieve().gated(way, share);
      const thresholds = await run.method.thresholds();
      const check = checked ? await exportedCheck(run, this.#baseOf(run), model) : null;
      const named = { ...run.config, name };
      const rule = 'afterwards' as const;
      const origin = await originOf(run, this.#baseOf(run), model.info);
      return { files: adapterFiles({ run: named, ...origin, adapters, thresholds, rule, template, check }) };
    });
  }

  sieveClose(): Promise<null> {
    this.#sieving?.abort();
    return this.#lock.run(async () => {
      this.#sieve?.free();
      this.#sieve = null;
      return null;
    });
  }

  import({ files, as, name }: Request<'import'>): Promise<TrainReplies['import']> {
    const { base: open, tokenizer, info } = this.#needModel();
    return this.#lock.run(async () => {
      let n = 1;
      while (this.#imported.has(`imported-${n}`)) n++;
      const id = as ?? `imported-${n}`;
      const adapter = readAdapter(files, open.config, id, name);
      const base = adapter.whole.size > 0 ? await open.withHead(adapter.model, adapter.whole) : open;
      const run = new AdapterRun(base, adapter.run, trainSchema.parse({}));
      if (base !== open) this.#heads.set(run, base);
      try {
        await run.init();
        run.load(adapter.adapters);
        if (adapter.thresholds) run.method.setThresholds(adapter.thresholds);
        await run.refresh();
        const { check } = adapter;
        if (!check) this.#sayOtherBase(adapter, info.file);
        else {
          const sequence = fitsModel(check, base.config) && checkedSequence(check, tokenizer.pictures);
          if (!sequence) throw new AdapterError(message('train.studio.otherCheck'));
          const ours = await logitRows(base, run, [sequence]);
          const result = compareCheck(check, ours, DEVICE_BARS);
          if (!result.ok)
            throw new AdapterError(
              message('train.studio.otherLogits', {
                error: result.relativeError.toExponential(1),
                allowed: DEVICE_BARS.largest,
                model: check.model,
              }),
            );
        }
      } catch (error) {
        this.#freeRun(run);
        throw error;
      }
      const home = as === null ? this.#imported : this.#opened;
      this.#freeRun(home.get(id));
      home.set(id, run);
      const { name: called, method } = adapter.run;
      return {
        runId: id,
        name: called,
        template: adapter.template,
        gated: adapter.thresholds !== null || isPerToken(adapter.run),
        method,
      };
    });
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

  /** Says that an adapter was trained on other values than those that are open, where its files tell. */
  #sayOtherBase({ run, base }: ImportedAdapter, open: ModelFile): void {
    if (!base || base.path === open.path || (base.exact && open.exact)) return;
    const said = message('train.warning.otherBase', { name: run.name, was: base.path, now: open.path });
    this.#emit({ type: 'warning', runId: null, message: said });
  }

  release({ runId }: Request<'release'>): Promise<null> {
    return this.#lock.run(async () => {
      this.#freeRun(this.#imported.get(runId));
      this.#imported.delete(runId);
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

  /** With the head that it brought. */
  #freeRun(run: AdapterRun | undefined): void {
    if (!run) return;
    run.free();
    this.#heads.get(run)?.free();
    this.#heads.delete(run);
  }

  #freeAll(runs: Map<RunId, AdapterRun>): void {
    for (const run of runs.values()) this.#freeRun(run);
    runs.clear();
  }
}
