/**
 * One experiment: the training loop over all its runs, which learn step by step on the same batches, in one pass.
 * Read `#loop` first: it is the table of contents.
 */
import { type RunState, withStepsTaken } from '../engine/runState';
import { fitBatches } from '../engine/microBatches';
import { matmulRate } from '../engine/matmulRate';
import type { StepResult, Trainer } from '../engine/trainer';
import { type SessionConfig, parseSession } from '../shared/config';
import { MAX_LABELLED } from '../shared/classification';
import { AdapterError, GpuError, TrainError, toErrorInfo } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import type { KernelProfile, Prompt, TokenBatch, TokenSet } from '../shared/types';
import { EarlyStopping, type EarlyStoppingState } from './earlyStopping';
import { Evaluator, type Loop } from './evaluator';
import { Examiner } from './examiner';
import { createTrainer, layoutOf, planned } from './layouts';
import type { Lock } from './lock';
import { type OpenModel, refuseWrong } from './openModel';
import { Placement } from './placement';
import type { MemoryPlan, Phase, RunId, RunInput, SessionState, TrainEvent } from './protocol';
import { Rescue, type RescueState } from './rescue';
import { Sampler } from './samples';
import { Signs, type SignsState } from './signs';
import type { Tuning } from './tuning';
import { TrainingData, type TrainingDataState, refuseEmpty, refuseForeign } from './trainingData';
import { type Headed, underHead } from './underHead';
import { Watcher } from './watch';

/** What measurements of trained runs work on. */
export interface Measurable {
  model: OpenModel;
  trainer: Trainer;
  data: TrainingData;
  validation: TokenSet;
  /** Examples of one pass. */
  batchSize: number;
}

/** What a run's signs of trouble have seen, and what it goes back to. */
type SavedSigns = SignsState & Partial<RescueState>;

export class Session {
  readonly config: SessionConfig;
  readonly #placement: Placement;
  readonly #model: OpenModel;
  /** Frees the head that the session's data needed. */
  readonly #freeHead: () => void;
  readonly #data: TrainingData;
  readonly #validation: TokenSet;
  readonly #emit: (event: TrainEvent) => void;
  readonly #lock: Lock;
  readonly #watcher: Watcher;
  readonly #sampler: Sampler;
  readonly #evaluator: Evaluator;
  readonly #examiner: Examiner;
  /** The adapter's own choices, which a restored run's replace while it is there. */
  readonly #tuning: Tuning;
  /** Optimizer steps that are done. */
  #step: number;
  #paused: Promise<void> | null = null;
  #unpause: (() => void) | null = null;
  #stopping = false;
  /** Freed from outside: ends without a last evaluation and without a word. */
  #abandoned = false;
  #going = false;
  #shownPhase: Phase | null = null;
  readonly #failed: Set<RunId>;
  /**
   * Step of the last evaluation on the way that is complete: a snapshot between a step and its evaluation still owes
   * it.
   */
  #evaluated: number;
  readonly #early: EarlyStopping;
  readonly #signs: Signs;
  readonly #rescue: Rescue;
  /** When each run's last step was computed; not known after a pause, whose time is no step's. */
  readonly #lastStep = new Map<RunId, number>();
  /** Results of the step before, which arrive while this one runs. */
  #pending: Promise<void> = Promise.resolve();
  #done: Promise<void> = Promise.resolve();

  private constructor(
    { model, data, free }: Headed<RunInput>,
    trainer: Trainer,
    config: SessionConfig,
    {
      lock,
      emit,
      state,
      tuning,
    }: { lock: Lock; emit: (event: TrainEvent) => void; state: SessionState | null; tuning: Tuning },
  ) {
    this.config = config;
    this.#model = model;
    this.#freeHead = free;
    this.#data = new TrainingData(data.train, config.train, (state?.data as TrainingDataState | undefined) ?? null);
    this.#validation = data.validation;
    this.#lock = lock;
    this.#emit = emit;
    this.#tuning = tuning;
    this.#step = state?.step ?? 0;
    this.#evaluated = state?.evaluated ?? -1;
    this.#stopping = state?.stopping ?? false;
    this.#failed = new Set(state?.failed);
    this.#placement = new Placement(model, planned(config, { train: this.#data.set, validation: data.validation }), {
      trainer,
      emit,
      settle: async () => {
        await this.#pending;
        await this.#rescue.say();
        return this.#step;
      },
      moved: (run) => this.#rescue.slow(run),
    });
    const saved = (id: RunId) => state?.signs[id] as SavedSigns | undefined;
    this.#signs = new Signs(trainer.runs, config.train, { emit, saved });
    this.#rescue = new Rescue(this, emit, saved);
    this.#early = new EarlyStopping(config.train.patience, state?.early as EarlyStoppingState | undefined);
    const loop: Loop = {
      trainer: () => this.trainer,
      step: () => this.#step,
      live: () => this.#live,
      abandoned: () => this.#abandoned,
      evaluating: () => this.#phase('evaluating'),
      withRoom: (task) => this.#placement.withRoom(task),
    };
    this.#evaluator = new Evaluator(loop, {
      config,
      data: this.#data,
      validation: data.validation,
      measureGates: data.measureGates ?? false,
      early: this.#early,
      lock,
      emit,
      tookBest: state?.tookBest ?? false,
    });
    this.#watcher = new Watcher(this, model.tokenizer, data.validation, emit);
    this.#sampler = new Sampler(this, model.tokenizer, {
      validation: data.validation,
      emit,
      cancelled: () => this.#abandoned,
    });
    this.#examiner = new Examiner(this, model.tokenizer, { data, lock, emit, abandoned: () => this.#abandoned });
    // What tells classes writes nothing.
    if (data.samplePrompts !== undefined && !tellsClasses(model.base.config)) this.#sampler.set(data.samplePrompts);
  }

  /**
   * Compiles and allocates; `run` starts the loop. With `state`, everything continues from there, `thriftier` in a
   * layout that takes less memory.
   * @throws {TrainError} when the model's logits do not agree with the reference's, or a GPU's gradients with the
   *   CPU's.
   */
  static async create(
    open: OpenModel,
    asked: SessionConfig,
    input: RunInput,
    {
      lock,
      emit,
      state = null,
      thriftier = false,
    }: { lock: Lock; emit: (event: TrainEvent) => void; state?: SessionState | null; thriftier?: boolean },
  ): Promise<Session> {
    const config = parseSession(asked);
    refuseWrong(open.info);
    refuseEmpty(input);
    refuseForeign(input, open.base.config);
    emit({ type: 'phase', phase: 'compiling' });
    const { device } = open.base;
    // Answers and profiles that failed are told to whoever asked for them; a run is stopped by its own errors.
    device.forgive();
    const { tuning } = device;
    // Another kind of device saved none that means anything here.
    if (state && Object.keys(state.tuning).length > 0 && device.info.kind === 'gpu') device.tuning = state.tuning;
    const headed = await underHead(open, input, config.train);
    let trainer: Trainer | null = null;
    try {
      trainer = await createTrainer(
        headed.model,
        planned(config, input),
        state ? layoutOf(state) : undefined,
        thriftier,
      );
      const session = new Session(headed, trainer, config, { lock, emit, state, tuning });
      if (state) {
        for (const { id } of config.runs) {
          const { tensors, best } = state.runs[id] as RunState;
          trainer.run(id).restore({ tensors: withStepsTaken(tensors, state.step), best });
          await trainer.run(id).refresh();
          await session.#rescue.keepRestored(id, state.step);
        }
      }
      for (const run of trainer.runs)
        emit({
          type: 'modules',
          runId: run.config.id,
          modules: run.modules.map(({ layer, kind }) => ({ layer, kind })),
          parameters: run.parameters,
        });
      return session;
    } catch (error) {
      trainer?.free();
      headed.free();
      device.tuning = tuning;
      throw error;
    }
  }

  get trainer(): Trainer {
    return this.#placement.trainer;
  }

  get plan(): MemoryPlan {
    return this.#placement.plan;
  }

  /** Whether the loop has not ended. */
  get going(): boolean {
    return this.#going;
  }

  /** Resolves when the loop that was started has ended; what broke it is an event. */
  get ended(): Promise<void> {
    return this.#done;
  }

  /** Starts the loop; its end is an event. */
  run(): void {
    this.#going = true;
    this.#done = this.#loop()
      .catch((error) => {
        const { device } = this.trainer.base;
        // What the device says of itself explains whatever else failed: a read of a buffer that is not there, say.
        const cause = device.error() ?? error;
        this.#phase('failed');
        this.#emit({
          type: 'fatal',
          error: toErrorInfo(cause),
          thriftier: device.info.kind === 'gpu' && cause instanceof GpuError,
        });
      })
      .finally(() => {
        this.#going = false;
      });
  }

  async #loop(): Promise<void> {
    const { steps } = this.config.train;
    const begun = await this.#maybeEvaluate();
    await this.#lock.run(() => this.#watcher.maybe(this.#step, begun));
    while (this.#step < steps && !this.#stopping && this.#live.length > 0) {
      this.#phase('training');
      await this.#lock.run(() => this.#trainStep());
      const evaluated = await this.#maybeEvaluate();
      await this.#lock.run(() => this.#watcher.maybe(this.#step, evaluated));
      if (this.#paused && !this.#stopping) {
        await this.#pending;
        this.#phase('paused');
        await this.#paused;
      }
    }
    await this.#pending;
    await this.#lock.run(() => this.#rescue.settle(this.#live, null, this.#step));
    await this.#evaluator.takeBest(this.#live, this.#kept);
    await this.#evaluator.shrink(this.#kept);
    const kept = this.#kept;
    if (kept.length > 0) await this.#evaluator.validation(kept, true);
    await this.#examine(kept);
    await this.#lock.run(() => this.#sampler.take(this.#step, this.#live));
    if (!this.#abandoned) await this.#lock.run(() => this.#watcher.maybe(this.#step, true));
    if (!this.#abandoned) this.#signs.atEnd(kept, this.#step);
    if (!this.#abandoned) for (const runId of kept) this.#rescue.sayTotal(runId, this.#step);
    this.#phase(kept.length === 0 ? 'failed' : this.#stopping ? 'stopped' : 'finished');
  }

  /** One optimizer step of all runs on the same batches. Its results are awaited while the next step runs. */
  async #trainStep(): Promise<void> {
    const step = this.#step;
    await this.#rescue.settle(this.#live, step + 1, step);
    const { batches, dev } = this.#data.nextStep(this.config.train, this.trainer.wantsDev(this.#live, step));
    const results = await this.#placement.withRoom(() => this.trainer.step(this.#live, batches, step, dev));
    await this.#pending;
    this.#step = step + 1;
    this.#pending = this.#collect(step + 1, batches, results);
    // A failure is seen when the promise is awaited a step later; without this it would count as unhandled.
    this.#pending.catch(() => undefined);
  }

  async #collect(step: number, batches: TokenBatch[], results: Map<RunId, Promise<StepResult>>): Promise<void> {
    // All at once: when the device is lost they all fail, and none may go unheard.
    await Promise.all(results.values());
    for (const [runId, promise] of results) {
      const result = await promise;
      const gpuError = this.trainer.base.device.error();
      if (gpuError) throw gpuError;
      const ms = result.at - (this.#lastStep.get(runId) ?? result.at);
      this.#lastStep.set(runId, result.at);
      if (this.#failed.has(runId)) continue;
      const verdict = this.#rescue.after(runId, step, result, batches);
      if (verdict === 'end') this.#failed.add(runId);
      if (verdict !== 'fine') continue;
      const { gate, work, loss, learningRate, gradNorm, tokens, supervised } = result;
      this.#emit({ type: 'step', runId, step, loss, learningRate, gradNorm, tokens, supervised, ms, gate, work });
      this.#signs.after(runId, step, result);
    }
  }

  /** Adapters that were measured, and found to be sound, are what their runs go back to. */
  async #remember(losses: ReadonlyMap<RunId, number>): Promise<void> {
    for (const runId of this.#live) {
      const loss = losses.get(runId) ?? losses.get('base');
      if (loss === undefined || !Number.isFinite(loss)) continue;
      await this.#rescue.keep(runId, this.#step);
    }
  }

  /**
   * What is measured on the way and due at this step, if it is not done yet: losses, from which runs may end, and
   * samples of what they write. @returns whether it was due
   */
  async #maybeEvaluate(): Promise<boolean> {
    const { steps, evalInterval } = this.config.train;
    const first = this.#evaluated < 0;
    const due = first || (this.#step % evalInterval === 0 && this.#step < steps && this.#evaluated < this.#step);
    if (first) await this.#measure(['base']);
    else if (due) {
      // Who failed in this very step is no longer measured, whether or not the session was interrupted here.
      await this.#pending;
      await this.#lock.run(() => this.#rescue.settle(this.#live, null, this.#step));
      await this.#evaluator.dev(this.#due);
      await this.#measure(this.#due);
    }
    return due;
  }

  async #measure(runIds: readonly RunId[]): Promise<void> {
    const losses = await this.#evaluator.validation(runIds);
    const base = losses.get('base');
    if (base !== undefined) this.#signs.begin(base);
    await this.#lock.run(() => this.#remember(losses));
    await this.#examiner.classify({ runIds, limit: this.config.train.evalExamples, stepOf: this.#evaluator.stepOf });
    await this.#lock.run(() => this.#sampler.take(this.#step, runIds));
    this.#evaluated = this.#step;
  }

  /**
   * The last word: all labelled validation examples, by the base and every run. Whoever stops a session does not wait
   * for all.
   */
  #examine(kept: readonly RunId[]): Promise<void> {
    const stopped = this.#stopping;
    return this.#examiner.finish({
      runIds: kept.length > 0 ? ['base', ...kept] : [],
      limit: stopped ? this.config.train.evalExamples : MAX_LABELLED,
      stepOf: this.#evaluator.stepOf,
      ends: () => this.#stopping !== stopped,
    });
  }

  /** Runs that still learn. */
  get #live(): RunId[] {
    return this.#kept.filter((id) => this.#early.stoppedAt(id) === null);
  }

  /** Runs that this step's measurement is about: one that it has ended belongs to it, should it be repeated. */
  get #due(): RunId[] {
    return this.#kept.filter((id) => (this.#early.stoppedAt(id) ?? this.#step) === this.#step);
  }

  /** Runs that have an adapter to show: those that still learn, and those that early stopping ended. */
  get #kept(): RunId[] {
    return this.config.runs.map((r) => r.id).filter((id) => !this.#failed.has(id));
  }

  #phase(phase: Phase): void {
    if (this.#abandoned || phase === this.#shownPhase) return;
    this.#shownPhase = phase;
    this.#emit({ type: 'phase', phase });
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = new Promise((resolve) => {
      this.#unpause = resolve;
    });
  }

  resume(): void {
    this.#unpause?.();
    this.#paused = null;
    this.#unpause = null;
    // Time spent paused is no step time.
    this.#lastStep.clear();
  }

  /** Ends the loop after the step that runs; resolves when the last evaluation is in. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.resume();
    await this.#done;
  }

  /** Opens all tokens of a module again. @throws {AdapterError} where it has no threshold */
  resetTau(runId: RunId, module: number): Promise<void> {
    return this.#lock.run(async () => {
      await this.#pending;
      const run = this.trainer.runs.find((r) => r.config.id === runId);
      if (!run?.modules[module]) throw new AdapterError(message('train.session.noModule', { module, run: runId }));
      run.method.resetTau(module);
      this.#signs.tauReset(runId, module, this.#step);
    });
  }

  watch(text: string | null): Promise<void> {
    return this.#lock.run(() => {
      this.#watcher.text = text;
      return this.#watcher.maybe(this.#step, true);
    });
  }

  watchExample(example: number): Promise<void> {
    return this.#lock.run(() => {
      this.#watcher.example = example;
      return this.#watcher.maybe(this.#step, true);
    });
  }

  /** Looks at the trained runs between two steps; `look` must not change them. */
  inspect<T>(look: (session: Measurable) => Promise<T>): Promise<T> {
    return this.#lock.run(async () => {
      await this.#pending;
      return look({
        model: this.#model,
        trainer: this.trainer,
        data: this.#data,
        validation: this.#validation,
        batchSize: this.config.train.batchSize,
      });
    });
  }

  samplePrompts(prompts: Prompt[] | null): Promise<void> {
    if (tellsClasses(this.#model.base.config)) throw new TrainError(message('train.studio.noText'));
    return this.#lock.run(async () => this.#sampler.set(prompts));
  }

  /** Times every kernel of one step of all runs that are still going, in one pass. */
  profile(): Promise<KernelProfile> {
    return this.#lock.run(async () => {
      await this.#pending;
      const { batchSize } = this.config.train;
      const [{ batch }] = fitBatches([this.#data.first(batchSize)], this.trainer.capacity);
      const runs = this.#live.slice(0, this.trainer.layout.capacity.segments);
      if (runs.length === 0) throw new TrainError(message('train.session.allFailed'));
      const kernels = await this.trainer.measurements.profile(runs, batch);
      return { kernels, rate: await matmulRate(this.trainer.base.device), tokens: batch.ids.length, runs: runs.length };
    });
  }

  /** A snapshot between two steps. */
  state(): Promise<SessionState> {
    return this.#lock.run(async () => {
      await this.#pending;
      await this.#rescue.say();
      const runs: Record<RunId, RunState> = {};
      for (const run of this.trainer.runs) runs[run.config.id] = await run.state();
      const signs: Record<RunId, SavedSigns> = {};
      for (const id of Object.keys(runs)) signs[id] = { ...this.#signs.state(id), ...this.#rescue.state(id) };
      return {
        version: 3,
        config: this.config,
        step: this.#step,
        evaluated: this.#evaluated,
        tookBest: this.#evaluator.tookBest,
        stopping: this.#stopping,
        failed: [...this.#failed],
        tuning: this.trainer.base.device.tuning,
        layout: this.trainer.layout,
        data: this.#data.state(),
        runs,
        early: this.#early.state(),
        signs,
      };
    });
  }

  /** Ends the loop without a last evaluation and frees everything. */
  async free(): Promise<void> {
    this.#abandoned = true;
    await this.stop();
    await this.#lock.run(async () => this.trainer.free());
    this.trainer.base.device.tuning = this.#tuning;
    this.#freeHead();
  }
}
