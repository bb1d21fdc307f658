/**
 * One adapter in training: A and B of all its modules in one flat buffer, gradients and moments in others of
 * the same layout, and the method's own state. Nothing here knows the model beyond its modules' shapes.
 */
import { type RunConfig, type TrainConfig, rankOf, scalingOf } from '../shared/config';
import { AdapterError } from '../shared/errors';
import { Rng } from '../shared/rng';
import type { LlamaConfig } from '../shared/types';
import type { BaseModel } from './base';
import { createMethod, methodSizes } from './adapters/createMethod';
import { moduleSalt } from './adapters/lora/lora';
import type { AdaptedModule, Method, ModuleParams } from './adapters/method';
import { type ModuleValues, extraLength, extraOf, flatLayout, learningRates, pack, padRank, sliceParams, unpack } from './adapters/parameters';
import type { BufferScope, Tensor } from './gpu/buffers';
import type { Gpu } from './gpu/device';
import { type Op, Program } from './gpu/program';
import { readFloats, readTensor } from './gpu/readback';
import { adaptedModules, modulePath } from './model/llama';
import { ADAMW_HYPER_BYTES, RATE_SPAN, adamw, packAdamwHyper, ratesBytes } from './optim/adamw';
import { gradNorm, gradNormPartialBytes } from './optim/clip';
import { learningRateAt } from './optim/schedule';

/** Bytes a run needs besides the shared activations, by name. */
export function runSizes(config: LlamaConfig, run: RunConfig) {
  const modules = adaptedModules(config, run);
  const { bytes } = flatLayout(modules, run);
  return {
    params: bytes,
    grads: bytes,
    m: bytes,
    v: bytes,
    rates: ratesBytes(bytes / 4),
    normPartial: gradNormPartialBytes(bytes / 4),
    ...methodSizes(run, modules, padRank(rankOf(run))),
  };
}

/** A module's adapter in PEFT's layout, with its path. */
export interface ModuleAdapter extends ModuleValues {
  path: string;
  dIn: number;
  dOut: number;
}

/** All that a run needs to go on bit-identically: raw bytes by name. */
export interface RunState {
  tensors: Record<string, ArrayBuffer>;
}

export class AdapterRun {
  readonly config: RunConfig;
  readonly modules: AdaptedModule[];
  readonly rPad: number;
  readonly method: Method;
  /** Global gradient norm of the last step, f32[1]. */
  readonly norm: Tensor;
  readonly #gpu: Gpu;
  readonly #scope: BufferScope;
  readonly #train: TrainConfig;
  readonly #moduleParams: ModuleParams[];
  readonly #flat: Record<'params' | 'grads' | 'm' | 'v', Tensor>;
  readonly #rates: Tensor;
  readonly #normPartial: Tensor;
  readonly #hyper: Tensor;

  /** `init` must run before the first pass. */
  constructor({ gpu, config, weights }: Pick<BaseModel, 'gpu' | 'config' | 'weights'>, run: RunConfig, train: TrainConfig) {
    const scope = gpu.buffers.scope(`run ${run.id}`);
    this.config = run;
    this.modules = adaptedModules(config, run);
    this.rPad = padRank(rankOf(run));
    this.#gpu = gpu;
    this.#scope = scope;
    this.#train = { ...train, learningRate: run.learningRate ?? train.learningRate };
    const { bytes } = flatLayout(this.modules, run);
    const alloc = (name: string) => scope.alloc(name, bytes);
    this.#flat = { params: alloc('params'), grads: alloc('grads'), m: alloc('m'), v: alloc('v') };
    this.#rates = scope.upload('rates', learningRates(this.modules, run, RATE_SPAN));
    this.#normPartial = scope.alloc('normPartial', gradNormPartialBytes(bytes / 4));
    this.norm = scope.alloc('norm', 16);
    this.#hyper = scope.alloc('adamwHyper', ADAMW_HYPER_BYTES, GPUBufferUsage.UNIFORM);
    const { params, grads } = this.#flat;
    this.#moduleParams = sliceParams(this.modules, run, params, grads, modulePath);
    const low = { gpu, rPad: this.rPad, scaling: scalingOf(run), params: this.#moduleParams, flat: params, dropout: run.dropout, optimizer: { grads, norm: this.norm } };
    this.method = createMethod(run, train, low, this.modules, scope, (m) => weights.layers[m.layer][m.kind]);
    this.load(this.#start(train.seed));
  }

  /**
   * As PEFT starts, from the seed and the module's place alone: A Kaiming-uniform with a = √5, B zero, DoRA's m with `init`;
   * AdaLoRA's A and B normal, E zero.
   */
  #start(seed: number): ModuleValues[] {
    const rank = rankOf(this.config);
    const extra = extraOf(this.config);
    return this.modules.map((m) => {
      const bound = 1 / Math.sqrt(m.dIn);
      const rng = new Rng((seed ^ moduleSalt(m)) >>> 0);
      const normal = (length: number) => Float32Array.from({ length }, () => 0.02 * rng.normal());
      if (this.config.method === 'adalora') return { a: normal(rank * m.dIn), b: normal(m.dOut * rank), extra: new Float32Array(rank) };
      return { a: Float32Array.from({ length: rank * m.dIn }, () => rng.uniform(-bound, bound)), b: new Float32Array(m.dOut * rank), ...(extra ? { extra: new Float32Array(extraLength(extra, m, rank)) } : {}) };
    });
  }

  /** Operations before a step's first micro-batch. */
  begin(): Op[] {
    return [{ clear: this.#flat.grads }, ...this.method.begin()];
  }

  /** Operations after a step's last micro-batch: gradients are whole then. */
  finish(): Op[] {
    return this.method.finish();
  }

  /** Operations after `finish`: clip, AdamW, the method's update, derived tensors. */
  update(): Op[] {
    const { params, grads, m, v } = this.#flat;
    const length = params.size / 4;
    return [
      ...gradNorm(this.#gpu, { grads, length, partial: this.#normPartial, norm: this.norm }),
      adamw(this.#gpu, { params, grads, m, v, norm: this.norm, hyper: this.#hyper, rates: this.#rates, length }),
      ...this.method.update(),
      ...this.method.refresh(),
    ];
  }

  /** Writes what `update` reads from the host. `step` counts from 0. Returns the learning rate. */
  prepareUpdate(step: number, tokens: number): number {
    const rate = learningRateAt(this.#train, step);
    this.#gpu.device.queue.writeBuffer(this.#hyper.buffer, this.#hyper.offset, packAdamwHyper(this.#train, rate, step));
    this.method.prepareUpdate(step, tokens);
    return rate;
  }

  /** A, B, moments and the method's state, by name. */
  #stateTensors(): Record<string, Tensor> {
    const { params, m, v } = this.#flat;
    return { params, m, v, ...Object.fromEntries(this.method.state().map(({ name, tensor }) => [name, tensor])) };
  }

  async state(): Promise<RunState> {
    const entries = Object.entries(this.#stateTensors()).map(async ([name, tensor]) => [name, await readTensor(this.#gpu, tensor)] as const);
    return { tensors: Object.fromEntries(await Promise.all(entries)) };
  }

  /** @throws {AdapterError} when the state is of another layout. */
  restore(state: RunState): void {
    for (const [name, tensor] of Object.entries(this.#stateTensors())) {
      const bytes = Object.hasOwn(state.tensors, name) ? state.tensors[name] : undefined;
      if (bytes?.byteLength !== tensor.size) throw new AdapterError(`The saved state does not fit run "${this.config.name}": ${name} differs in size.`, 'Restore it with the configuration it was saved with.');
      this.#gpu.device.queue.writeBuffer(tensor.buffer, tensor.offset, bytes);
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

  async #unpack(flat: Tensor): Promise<ModuleAdapter[]> {
    const values = unpack(this.modules, this.config, await readFloats(this.#gpu, flat));
    return this.modules.map((m, i) => ({ path: modulePath(m), dIn: m.dIn, dOut: m.dOut, ...values[i] }));
  }

  /**
   * Takes A, B and the rest from outside, in the order of `modules`. `refresh` must run before the next pass.
   * @throws {AdapterError} when shapes do not fit
   */
  load(adapters: readonly ModuleValues[]): void {
    const { params } = this.#flat;
    this.#gpu.device.queue.writeBuffer(params.buffer, params.offset, pack(this.modules, this.config, adapters, modulePath));
  }

  /** Once, before anything else: what the run's start takes from the frozen base, and what is derived from it. */
  async init(): Promise<void> {
    await this.#once('init', this.method.init());
    await this.refresh();
  }

  /** After parameters or thresholds were written from outside: what is derived from them. */
  refresh(): Promise<void> {
    return this.#once('refresh', this.method.refresh());
  }

  async #once(label: string, ops: Op[]): Promise<void> {
    const program = await new Program(this.#gpu, this.#scope, label, ops).compile();
    const encoder = this.#gpu.device.createCommandEncoder({ label });
    program.encode(encoder, { rows: 0, supervised: 0, segments: 0 });
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  /** What is trained of every module, and its gradients, with names for people. */
  parameterTensors(): { label: string; tensor: Tensor; length: number }[] {
    return this.#named((p) => [['A', p.a], ['B', p.b], ...this.#extra(p.extra?.value, '')]);
  }

  gradientTensors(): { label: string; tensor: Tensor; length: number }[] {
    return this.#named((p) => [['gradient of A', p.gradA], ['gradient of B', p.gradB], ...this.#extra(p.extra?.grad, 'gradient of ')]).reverse();
  }

  #extra(tensor: Tensor | undefined, prefix: string): [string, Tensor][] {
    return tensor ? [[`${prefix}${extraOf(this.config)!.symbol}`, tensor]] : [];
  }

  #named(pick: (p: ModuleParams) => [string, Tensor][]): { label: string; tensor: Tensor; length: number }[] {
    return this.modules.flatMap((m) => pick(this.#moduleParams[m.index]).map(([what, tensor]) => ({ label: `${what} of ${modulePath(m)}`, tensor, length: tensor.size / 4 })));
  }

  free(): void {
    this.#scope.free();
  }
}
