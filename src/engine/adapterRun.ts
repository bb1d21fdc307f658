/**
 * One adapter in training: what it trains (`TrainedValues`), the optimizer's state, the method with its own, and the
 * best adapter so far. Nothing here knows the model beyond its modules' shapes.
 */
import { type RunConfig, type TrainConfig, rankOf, scalingOf } from '../shared/config';
import type { BaseModel } from './base';
import { createMethod, startValues } from './adapters/methods';
import { type AdaptedModule, type Method, type Place, UNTRAINED } from './adapters/method';
import { type ModuleAdapter, type ModuleValues, padRank, scaledUpdate } from './adapters/parameters';
import type { WholeModules, WholeValues } from './adapters/wholeModules';
import type { BufferScope, Tensor } from './device/buffers';
import type { Device } from './device/device';
import { type Op, Program } from './device/program';
import { adaptedModules } from './model/modules';
import { matrixOf } from './model/weights';
import { ADAMW_HYPER_BYTES, adamw, biasCorrections, packAdamwHyper } from './optim/adamw';
import { gradNorm, gradNormPartialBytes } from './optim/clip';
import { learningRateAt } from './optim/schedule';
import { type BestAdapter, type Bytes, type RunState, STEPS_TAKEN_BYTES, readState, writeState } from './runState';
import { type NamedTensor, TrainedValues } from './trainedValues';

export class AdapterRun {
  readonly config: RunConfig;
  readonly modules: AdaptedModule[];
  readonly rPad: number;
  readonly method: Method;
  /** Global gradient norm of the last step, and its bias corrections: `gradNorm`. */
  readonly norm: Tensor;
  readonly #device: Device;
  readonly #scope: BufferScope;
  readonly #train: TrainConfig;
  readonly #values: TrainedValues;
  /** Modules of the base that are trained whole: where that begins. */
  readonly #wholeStart: WholeModules;
  /** Steps that the optimizer has taken: none of those that were skipped. */
  readonly #taken: Tensor;
  readonly #corrections: Tensor;
  readonly #normPartial: Tensor;
  readonly #hyper: Tensor;

  /** A factor of the learning rate from now on. */
  rateFactor = 1;
  /** Copies of what makes the best adapter, by name; null where it is not kept. */
  readonly #bestTensors: Record<string, Tensor> | null;
  #best: BestAdapter | null = null;
  #scale: number | null = null;

  /**
   * `init` must run before the first pass.
   * @param place what there must be room for where the run is trained; @param follows whose gate a random gate follows
   */
  constructor(
    { device, config, weights }: Pick<BaseModel, 'device' | 'config' | 'weights'>,
    run: RunConfig,
    train: TrainConfig,
    { place = UNTRAINED, follows = null }: { place?: Place; follows?: AdapterRun | null } = {},
  ) {
    const scope = device.buffers.scope(`run ${run.id}`);
    this.config = run;
    this.modules = adaptedModules(config, run, place.salts);
    this.rPad = padRank(rankOf(run));
    this.#device = device;
    this.#scope = scope;
    this.#train = { ...train, learningRate: run.learningRate ?? train.learningRate };
    this.#values = new TrainedValues(device, scope, { model: config, run, modules: this.modules });
    this.#wholeStart = weights.whole;
    this.#normPartial = scope.alloc('normPartial', gradNormPartialBytes(this.#values.length));
    this.norm = scope.alloc('norm', 16);
    this.#taken = scope.alloc('taken', STEPS_TAKEN_BYTES);
    this.#corrections = scope.upload('corrections', biasCorrections(train, place.steps));
    this.#hyper = scope.alloc('adamwHyper', ADAMW_HYPER_BYTES, 'uniform');
    const { params, grads } = this.#values.flat;
    const low = {
      device,
      rPad: this.rPad,
      scaling: scalingOf(run),
      params: this.#values.moduleParams,
      flat: params,
      dropout: run.dropout,
      tokenDropout: run.tokenDropout,
      optimizer: { grads, norm: this.norm },
    };
    this.method = createMethod({
      run,
      train,
      low,
      modules: this.modules,
      scope,
      frozen: (m) => matrixOf(weights, m),
      place,
      follows: follows?.method ?? null,
    });
    this.#bestTensors = place.loadBestCheckpoint
      ? Object.fromEntries(
          Object.entries(this.#adapterTensors()).map(([name, tensor]) => [
            name,
            scope.alloc(`best/${name}`, tensor.size),
          ]),
        )
      : null;
    this.load(startValues(run, this.modules, train.seed));
  }

  /** Values that are trained. */
  get parameters(): number {
    return this.#values.count;
  }

  /** The modules that are trained whole, with their gradients. */
  get whole(): Record<'values' | 'grads', WholeModules> {
    return this.#values.whole;
  }

  /** Operations before a step's first micro-batch. */
  begin(): Op[] {
    return [{ clear: this.#values.flat.grads }, ...this.method.begin()];
  }

  /** Operations after a step's last micro-batch: gradients are whole then. */
  finish(): Op[] {
    return this.method.finish();
  }

  /**
   * Operations after `finish`: clip, AdamW, the method's update, derived tensors.
   * @param losses Σ loss of each run in the pass, f32; @param segment this run's place among them
   */
  update(losses: Tensor, segment: number): Op[] {
    const { rates, length } = this.#values;
    const { params, grads, m, v } = this.#values.flat;
    return [
      ...gradNorm(this.#device, {
        grads,
        length,
        partial: this.#normPartial,
        norm: this.norm,
        losses,
        segment,
        taken: this.#taken,
        corrections: this.#corrections,
      }),
      adamw(this.#device, { params, grads, m, v, norm: this.norm, hyper: this.#hyper, rates, length }),
      ...this.method.update(),
      ...this.method.refresh(),
    ];
  }

  /** Writes what `update` reads from the host. `step` counts from 0. Returns the learning rate. */
  prepareUpdate(step: number, tokens: number, devTokens: number | null): number {
    const rate = this.rateFactor * learningRateAt(this.#train, step);
    this.#device.write(this.#hyper, packAdamwHyper(this.#train, rate));
    this.method.prepareUpdate(step, tokens, devTokens);
    return rate;
  }

  #methodTensors(): Record<string, Tensor> {
    return Object.fromEntries(this.method.state().map(({ name, tensor }) => [name, tensor]));
  }

  /** What makes the adapter what it is, by name: all that is trained, and the method's state. */
  #adapterTensors(): Record<string, Tensor> {
    return {
      params: this.#values.flat.params,
      ...this.#methodTensors(),
    };
  }

  /** What the next step changes: the adapter and the optimizer's state. */
  #learningTensors(): Record<string, Tensor> {
    const { m, v } = this.#values.flat;
    return { ...this.#adapterTensors(), m, v, taken: this.#taken };
  }

  /** The same with the best adapter so far. */
  #stateTensors(): Record<string, Tensor> {
    const best = Object.fromEntries(
      Object.entries(this.#bestTensors ?? {}).map(([name, tensor]) => [`best/${name}`, tensor]),
    );
    return { ...this.#learningTensors(), ...best };
  }

  /** The best adapter so far; null when none was looked at. */
  get best(): BestAdapter | null {
    return this.#best;
  }

  /** Keeps the adapter as it is, after `step` steps, when its loss on the dev split is the lowest so far. */
  keepIfBest(step: number, loss: number): void {
    if (!this.#bestTensors || !(loss < (this.#best?.loss ?? Infinity))) return;
    this.#best = { step, loss };
    this.#copy(this.#adapterTensors(), this.#bestTensors);
  }

  /** Goes back to the best adapter, if one was kept. */
  async takeBest(): Promise<void> {
    if (!this.#bestTensors || !this.#best) return;
    this.#copy(this.#bestTensors, this.#adapterTensors());
    await this.refresh();
  }

  #copy(from: Record<string, Tensor>, to: Record<string, Tensor>): void {
    this.#device.submit('best adapter', (commands) => {
      for (const [name, tensor] of Object.entries(from)) commands.copy(tensor, to[name]);
    });
  }

  async state(): Promise<RunState> {
    return {
      tensors: await this.#read(this.#stateTensors()),
      best: this.#best,
      ...(this.#scale !== null && { scale: this.#scale }),
    };
  }

  /** What the trained update was multiplied with after training; null where nobody looked for a better one. */
  get scale(): number | null {
    return this.#scale;
  }

  /**
   * Tries the update at several scales: B, what skipped tokens get, and each τ with them, so that the same tokens stay
   * active. Ends at the last one.
   * @param search calls `at` with a scale above 0 before each look, and says which is to stay
   */
  async rescale(search: (at: (scale: number) => Promise<void>) => Promise<number>): Promise<void> {
    const [trained, thresholds] = [await this.adapters(), await this.method.thresholds()];
    const at = async (scale: number) => {
      this.load(trained.map((m) => scaledUpdate(m, scale)));
      if (thresholds) this.method.setThresholds(thresholds.map((tau) => tau * scale));
      await this.refresh();
    };
    let scale = 1;
    try {
      scale = await search(at);
      this.#scale = scale;
    } finally {
      await at(scale);
    }
  }

  /** The adapter as PEFT would have it: what it was scaled by is in `lora_alpha`, not in B. */
  async exported(): Promise<{ run: RunConfig; adapters: ModuleAdapter[] }> {
    const [adapters, scale] = [await this.adapters(), this.#scale ?? 1];
    if (scale === 1) return { run: this.config, adapters };
    return {
      run: { ...this.config, alpha: this.config.alpha * scale },
      adapters: adapters.map((m) => ({ ...m, b: m.b.map((v) => v / scale) })),
    };
  }

  /** The adapter with the optimizer's state, to go back to. */
  point(): Promise<Bytes> {
    return this.#read(this.#learningTensors());
  }

  /** Leaves the method's state as it was before `work`: a pass in training moves some of it. */
  async unmoved<T>(work: () => Promise<T>): Promise<T> {
    const state = this.#methodTensors();
    const before = await this.#read(state);
    try {
      return await work();
    } finally {
      this.#write(state, before);
    }
  }

  #read(tensors: Record<string, Tensor>): Promise<Bytes> {
    return readState(this.#device, tensors);
  }

  #write(tensors: Record<string, Tensor>, bytes: Bytes): void {
    writeState(this.#device, tensors, bytes, this.config.name);
  }

  /** `refresh` must run before the next pass. @throws {AdapterError} when the state is of another layout. */
  restore(state: RunState): void {
    this.#write(this.#stateTensors(), state.tensors);
    this.#best = state.best;
    this.#scale = state.scale ?? null;
  }

  /** Goes back to a `point`; the best adapter stays. @throws {AdapterError} when it is of another layout */
  async goBack(point: Bytes): Promise<void> {
    this.#write(this.#learningTensors(), point);
    await this.refresh();
  }

  /** The adapter in PEFT's layout. */
  adapters(): Promise<ModuleAdapter[]> {
    return this.#values.adapters('params');
  }

  /** Gradients of the last step before clipping, in the same layout. For checks. */
  gradients(): Promise<ModuleAdapter[]> {
    return this.#values.adapters('grads');
  }

  /** What is trained whole, by the names of the state dict. */
  wholeValues(): Promise<Map<string, Float32Array>> {
    return this.#values.wholeValues('params');
  }

  /** Gradients of that in the last step, before clipping. For checks. */
  wholeGradients(): Promise<Map<string, Float32Array>> {
    return this.#values.wholeValues('grads');
  }

  /**
   * Takes A, B and the rest from outside, in the order of `modules`. `refresh` must run before the next pass.
   * @throws {AdapterError} when shapes do not fit
   */
  load(adapters: readonly ModuleValues[]): void {
    this.#values.load(adapters);
  }

  /** Takes what is trained whole from outside. @throws {AdapterError} where a tensor is missing or has another shape */
  loadWhole(values: WholeValues): void {
    this.#values.loadWhole(values);
  }

  /** Once, before anything else: what the run's start takes from the frozen base, and what is derived from it. */
  async init(): Promise<void> {
    this.#values.startWhole(this.#wholeStart);
    await this.#once('init', this.method.init());
    await this.refresh();
  }

  /** After parameters or thresholds were written from outside: what is derived from them. */
  refresh(): Promise<void> {
    return this.#once('refresh', this.method.refresh());
  }

  async #once(label: string, ops: Op[]): Promise<void> {
    const program = await new Program(this.#device, this.#scope, label, ops).compile();
    this.#device.submit(label, (commands) => program.encode(commands, { rows: 0, supervised: 0, segments: 0 }));
  }

  /** What is trained of every module, with names for people. */
  parameterTensors(): NamedTensor[] {
    return this.#values.namedParameters();
  }

  /** Its gradients, in the order in which the backward pass makes them. */
  gradientTensors(): NamedTensor[] {
    return this.#values.namedGradients();
  }

  free(): void {
    this.#scope.free();
  }
}
