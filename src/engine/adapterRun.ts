/**
 * One adapter in training: A and B of all its modules in one flat buffer, gradients and moments in others of
 * the same layout, and the method's own state. Nothing here knows the model beyond its modules' shapes.
 */
import { type RunConfig, type TrainConfig, followedBy, rankOf, scalingOf } from '../shared/config';
import { AdapterError } from '../shared/errors';
import { message } from '../shared/message';
import type { ModelDescription } from '../shared/model';
import type { BaseModel } from './base';
import { createMethod, methodSizes, startValues, stateBytes, trainedOf } from './adapters/methods';
import { type AdaptedModule, type Method, type ModuleParams, type Place, UNTRAINED } from './adapters/method';
import {
  type ModuleAdapter,
  type ModuleValues,
  type Trained,
  extraLength,
  flatLayout,
  learningRates,
  pack,
  padRank,
  scaledUpdate,
  sliceParams,
  unpack,
} from './adapters/parameters';
import {
  type WholeLayout,
  type WholeModules,
  type WholeValues,
  fillBiasRates,
  packWhole,
  sliceWhole,
  unpackWhole,
  wholeLayout,
} from './adapters/wholeModules';
import type { BufferScope, Tensor } from './device/buffers';
import type { Device } from './device/device';
import { type Op, Program } from './device/program';
import { readFloats, readTensor } from './device/device';
import type { Layout } from './layout';
import { adaptedModules } from './model/modules';
import { matrixOf } from './model/weights';
import { ADAMW_HYPER_BYTES, RATE_SPAN, adamw, biasCorrections, packAdamwHyper, ratesBytes } from './optim/adamw';
import { gradNorm, gradNormPartialBytes } from './optim/clip';
import { learningRateAt } from './optim/schedule';

/** Where each run of a training stands. */
export const placeOf = (
  run: RunConfig,
  runs: readonly RunConfig[],
  train: Pick<TrainConfig, 'loadBestCheckpoint' | 'steps'>,
  { capacity, microBatches, split = 1, salts }: Layout,
): Place => ({
  rows: capacity.rows,
  microBatches,
  split,
  followed: runs.some((r) => followedBy(r) === run.id),
  loadBestCheckpoint: train.loadBestCheckpoint,
  steps: train.steps,
  salts,
});

/** Bytes a run needs besides the shared activations, by name. */
export function runSizes(config: ModelDescription, run: RunConfig, place: Place): Record<string, number> {
  const modules = adaptedModules(config, run);
  const bytes = flatLayout(modules, trainedOf(run)).bytes + wholeLayout(config).bytes;
  const method = methodSizes(run, modules, place);
  return {
    params: bytes,
    grads: bytes,
    m: bytes,
    v: bytes,
    rates: ratesBytes(bytes / 4),
    corrections: 8 * place.steps,
    normPartial: gradNormPartialBytes(bytes / 4),
    ...method,
    ...(place.loadBestCheckpoint ? { best: bytes + stateBytes(run, method) } : {}),
  };
}

/**
 * Bytes that the host has of a run: the point that it goes back to, and what a checkpoint holds of it (its state, and that point
 * once more).
 */
export function hostSizes(config: ModelDescription, run: RunConfig, place: Place): { point: number; state: number } {
  const { params, best = 0, ...sizes } = runSizes(config, run, place);
  const point = 3 * params + stateBytes(run, sizes) + STEPS_TAKEN_BYTES;
  return { point, state: 2 * point + best };
}

/** Tensors' raw bytes, by name. */
export type Bytes = Record<string, ArrayBuffer>;

const STEPS_TAKEN_BYTES = 16;

/** A state of earlier versions as one of today: they took every step up to `step` for taken, also those that were skipped. */
export const withStepsTaken = (tensors: Bytes, step: number): Bytes => ({
  taken: Uint32Array.of(step, 0, 0, 0).buffer,
  ...tensors,
});

/** All that a run needs to go on bit-identically. */
export interface RunState {
  tensors: Bytes;
  best: BestAdapter | null;
  /** See `AdapterRun.scale`; absent where it was not looked for. */
  scale?: number;
}

/** Which adapter was best on the dev: after how many steps, with what loss. */
export interface BestAdapter {
  step: number;
  loss: number;
}

const namedWhole = (modules: WholeModules, prefix: string): NamedTensor[] =>
  [...modules].flatMap(([path, { weight, bias }]) =>
    [weight, ...(bias ? [bias] : [])].map((tensor) => ({
      label: `${prefix}${tensor === weight ? 'the weight' : 'the bias'} of ${path}`,
      tensor,
      length: tensor.size / 4,
    })),
  );

/** A tensor with a name for people, and how many of its numbers count. */
interface NamedTensor {
  label: string;
  tensor: Tensor;
  length: number;
}

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
  readonly #trained: Trained;
  readonly #moduleParams: ModuleParams[];
  /** The modules that are trained whole, with their gradients; they lie behind the adapter's. */
  readonly whole: Record<'values' | 'grads', WholeModules>;
  readonly #wholeLayout: WholeLayout;
  /** Of the base: where their training begins. */
  readonly #wholeStart: WholeModules;
  readonly #flat: Record<'params' | 'grads' | 'm' | 'v', Tensor>;
  readonly #rates: Tensor;
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
    this.#trained = trainedOf(run);
    const adapterBytes = flatLayout(this.modules, this.#trained).bytes;
    this.#wholeLayout = wholeLayout(config);
    this.#wholeStart = weights.whole;
    const bytes = adapterBytes + this.#wholeLayout.bytes;
    const alloc = (name: string) => scope.alloc(name, bytes);
    this.#flat = { params: alloc('params'), grads: alloc('grads'), m: alloc('m'), v: alloc('v') };
    const rates = new Float32Array(bytes / 4 / RATE_SPAN).fill(1);
    rates.set(learningRates(this.modules, this.#trained, run.loraPlusRatio, RATE_SPAN));
    fillBiasRates(rates.subarray(adapterBytes / 4 / RATE_SPAN), this.#wholeLayout, run.loraPlusRatio, RATE_SPAN);
    this.#rates = scope.upload('rates', rates);
    this.#normPartial = scope.alloc('normPartial', gradNormPartialBytes(bytes / 4));
    this.norm = scope.alloc('norm', 16);
    this.#taken = scope.alloc('taken', STEPS_TAKEN_BYTES);
    this.#corrections = scope.upload('corrections', biasCorrections(train, place.steps));
    this.#hyper = scope.alloc('adamwHyper', ADAMW_HYPER_BYTES, 'uniform');
    const { params, grads } = this.#flat;
    this.#moduleParams = sliceParams({
      modules: this.modules,
      trained: this.#trained,
      params,
      grads,
    });
    const whole = (flat: Tensor): WholeModules =>
      this.#wholeLayout.bytes > 0
        ? sliceWhole(this.#wholeLayout, flat.slice('whole modules', adapterBytes, this.#wholeLayout.bytes))
        : new Map();
    this.whole = { values: whole(params), grads: whole(grads) };
    const low = {
      device,
      rPad: this.rPad,
      scaling: scalingOf(run),
      params: this.#moduleParams,
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
    const { rank, extra, constant } = this.#trained;
    const whole = this.#wholeLayout.places.reduce(
      (sum, { linear: { dIn, dOut, bias } }) => sum + dOut * (dIn + Number(bias)),
      0,
    );
    return this.modules.reduce(
      (sum, m) => sum + rank * (m.dIn + m.dOut) + (constant ? m.dOut : 0) + extraLength(extra, m, rank),
      whole,
    );
  }

  /** Operations before a step's first micro-batch. */
  begin(): Op[] {
    return [{ clear: this.#flat.grads }, ...this.method.begin()];
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
    const { params, grads, m, v } = this.#flat;
    const length = params.size / 4;
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
      adamw(this.#device, { params, grads, m, v, norm: this.norm, hyper: this.#hyper, rates: this.#rates, length }),
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
      params: this.#flat.params,
      ...this.#methodTensors(),
    };
  }

  /** What the next step changes: the adapter and the optimizer's state. */
  #learningTensors(): Record<string, Tensor> {
    const { m, v } = this.#flat;
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
   * Tries the update at several scales: B, what skipped tokens get, and each τ with them, so that the same tokens stay active.
   * Ends at the last one.
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

  async #read(tensors: Record<string, Tensor>): Promise<Bytes> {
    return Object.fromEntries(
      await Promise.all(
        Object.entries(tensors).map(async ([name, tensor]) => [name, await readTensor(this.#device, tensor)] as const),
      ),
    );
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

  #write(tensors: Record<string, Tensor>, bytes: Bytes): void {
    for (const [name, tensor] of Object.entries(tensors)) {
      const own = Object.hasOwn(bytes, name) ? bytes[name] : undefined;
      if (own?.byteLength !== tensor.size)
        throw new AdapterError(message('engine.adapter.state', { run: this.config.name, tensor: name }));
      this.#device.write(tensor, own);
    }
  }

  /** The adapter in PEFT's layout. */
  async adapters(): Promise<ModuleAdapter[]> {
    return this.#unpack(this.#flat.params);
  }

  /** Gradients of the last step before clipping, in the same layout. For checks. */
  async gradients(): Promise<ModuleAdapter[]> {
    return this.#unpack(this.#flat.grads);
  }

  /** What is trained whole, by the names of the state dict. */
  wholeValues(): Promise<Map<string, Float32Array>> {
    return this.#unpackWhole(this.#flat.params);
  }

  /** Gradients of that in the last step, before clipping. For checks. */
  wholeGradients(): Promise<Map<string, Float32Array>> {
    return this.#unpackWhole(this.#flat.grads);
  }

  async #unpackWhole(flat: Tensor): Promise<Map<string, Float32Array>> {
    const { bytes } = this.#wholeLayout;
    if (bytes === 0) return new Map();
    const part = flat.slice('whole modules', flat.size - bytes, bytes);
    return unpackWhole(this.#wholeLayout, await readFloats(this.#device, part));
  }

  async #unpack(flat: Tensor): Promise<ModuleAdapter[]> {
    const values = unpack(this.modules, this.#trained, await readFloats(this.#device, flat));
    return this.modules.map((m, i) => ({ path: m.path, dIn: m.dIn, dOut: m.dOut, ...values[i] }));
  }

  /**
   * Takes A, B and the rest from outside, in the order of `modules`. `refresh` must run before the next pass.
   * @throws {AdapterError} when shapes do not fit
   */
  load(adapters: readonly ModuleValues[]): void {
    const { params } = this.#flat;
    this.#device.write(params, pack(this.modules, this.#trained, adapters));
  }

  /** Takes what is trained whole from outside. @throws {AdapterError} where a tensor is missing or has another shape */
  loadWhole(values: WholeValues): void {
    const { bytes } = this.#wholeLayout;
    if (bytes === 0) return;
    const { params } = this.#flat;
    const part = params.slice('whole modules', params.size - bytes, bytes);
    this.#device.write(part, packWhole(this.#wholeLayout, values));
  }

  /** Copies from the base what is trained whole. */
  #startWhole(): void {
    if (this.#wholeStart.size === 0) return;
    this.#device.submit('start of whole modules', (commands) => {
      for (const [path, { weight, bias }] of this.#wholeStart) {
        const own = this.whole.values.get(path)!;
        commands.copy(weight, own.weight);
        if (bias) commands.copy(bias, own.bias!);
      }
    });
  }

  /** Once, before anything else: what the run's start takes from the frozen base, and what is derived from it. */
  async init(): Promise<void> {
    this.#startWhole();
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

  /** What is trained of every module, and its gradients, with names for people. */
  parameterTensors(): NamedTensor[] {
    return [
      ...this.#named((p) => [['A', p.a], ['B', p.b], ...this.#extra(p.extra?.value, '')]),
      ...namedWhole(this.whole.values, ''),
    ];
  }

  gradientTensors(): NamedTensor[] {
    return [
      ...this.#named((p) => [
        ['gradient of A', p.gradA],
        ['gradient of B', p.gradB],
        ...this.#extra(p.extra?.grad, 'gradient of '),
      ]),
      ...namedWhole(this.whole.grads, 'gradient of '),
    ].reverse();
  }

  #extra(tensor: Tensor | undefined, prefix: string): [string, Tensor][] {
    return tensor ? [[`${prefix}${this.#trained.extra!.symbol}`, tensor]] : [];
  }

  #named(pick: (p: ModuleParams) => [string, Tensor][]): NamedTensor[] {
    return this.modules.flatMap((m) =>
      pick(this.#moduleParams[m.index]).map(([what, tensor]) => ({
        label: `${what} of ${m.path}`,
        tensor,
        length: tensor.size / 4,
      })),
    );
  }

  free(): void {
    this.#scope.free();
  }
}
