/**
 * One adapter in training: A and B of all its modules in one flat buffer, gradients and moments in others of
 * the same layout, and the method's own state. Nothing here knows the model beyond its modules' shapes.
 */
import type { RunConfig, TrainConfig } from '../shared/config';
import { AdapterError } from '../shared/errors';
import { Rng } from '../shared/rng';
import type { LlamaConfig } from '../shared/types';
import { createMethod, methodSizes } from './adapters/createMethod';
import type { AdaptedModule, Method, ModuleParams } from './adapters/method';
import { type BufferScope, type Tensor, alignBinding } from './gpu/buffers';
import type { Gpu } from './gpu/device';
import { type Op, Program } from './gpu/program';
import { readTensor } from './gpu/readback';
import { adaptedModules, modulePath } from './model/llama';
import { ADAMW_HYPER_BYTES, adamw, packAdamwHyper } from './optim/adamw';
import { gradNorm, gradNormPartialBytes } from './optim/clip';
import { learningRateAt } from './optim/schedule';

/** Rows of A, columns of B as they lie on the GPU. */
export const padRank = (rank: number) => Math.ceil(rank / 4) * 4;

/** Byte offsets of every module's A and B in the flat buffers. */
export function flatLayout(modules: AdaptedModule[], rank: number): { a: number[]; b: number[]; bytes: number } {
  const rPad = padRank(rank);
  const layout = { a: [] as number[], b: [] as number[], bytes: 0 };
  for (const m of modules) {
    layout.a.push(layout.bytes);
    layout.bytes += alignBinding(4 * rPad * m.dIn);
    layout.b.push(layout.bytes);
    layout.bytes += alignBinding(4 * rPad * m.dOut);
  }
  return layout;
}

/** Bytes a run needs besides the shared activations, by name. */
export function runSizes(config: LlamaConfig, run: RunConfig) {
  const modules = adaptedModules(config, run);
  const { bytes } = flatLayout(modules, run.rank);
  return {
    params: bytes,
    grads: bytes,
    m: bytes,
    v: bytes,
    normPartial: gradNormPartialBytes(bytes / 4),
    ...methodSizes(run, modules.length, padRank(run.rank)),
  };
}

/** A module's adapter in PEFT's layout: A [rank, dIn], B [dOut, rank]. */
export interface ModuleAdapter {
  path: string;
  a: Float32Array;
  b: Float32Array;
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
  readonly #normPartial: Tensor;
  readonly #hyper: Tensor;

  constructor(gpu: Gpu, model: LlamaConfig, run: RunConfig, train: TrainConfig) {
    const scope = gpu.buffers.scope(`run ${run.id}`);
    this.config = run;
    this.modules = adaptedModules(model, run);
    this.rPad = padRank(run.rank);
    this.#gpu = gpu;
    this.#scope = scope;
    this.#train = train;
    const layout = flatLayout(this.modules, run.rank);
    const alloc = (name: string) => scope.alloc(name, layout.bytes);
    this.#flat = { params: alloc('params'), grads: alloc('grads'), m: alloc('m'), v: alloc('v') };
    this.#normPartial = scope.alloc('normPartial', gradNormPartialBytes(layout.bytes / 4));
    this.norm = scope.alloc('norm', 16);
    this.#hyper = scope.alloc('adamwHyper', ADAMW_HYPER_BYTES, GPUBufferUsage.UNIFORM);
    const { params, grads } = this.#flat;
    this.#moduleParams = this.modules.map((m, i) => {
      const path = modulePath(m);
      const [aBytes, bBytes] = [4 * this.rPad * m.dIn, 4 * this.rPad * m.dOut];
      return {
        a: params.slice(`${path}.lora_A`, layout.a[i], aBytes),
        b: params.slice(`${path}.lora_B`, layout.b[i], bBytes),
        gradA: grads.slice(`${path}.grad_A`, layout.a[i], aBytes),
        gradB: grads.slice(`${path}.grad_B`, layout.b[i], bBytes),
      };
    });
    const low = { gpu, rPad: this.rPad, scaling: run.alpha / run.rank, params: this.#moduleParams, flat: params };
    this.method = createMethod(run, train, low, this.modules, scope);
    this.#init(train.seed);
  }

  /** A Kaiming-uniform with a = √5 (PEFT's), from the seed and the module's place alone; B zero. */
  #init(seed: number): void {
    for (const m of this.modules) {
      const bound = 1 / Math.sqrt(m.dIn);
      const rng = new Rng((seed ^ Math.imul(m.layer * 8 + m.kind.charCodeAt(0) * 31 + m.kind.length, 0x9e3779b1)) >>> 0);
      const a = Float32Array.from({ length: this.config.rank * m.dIn }, () => rng.uniform(-bound, bound));
      this.#writeModule(m, a, new Float32Array(m.dOut * this.config.rank));
    }
  }

  #writeModule(m: AdaptedModule, a: Float32Array, b: Float32Array): void {
    const { rank } = this.config;
    const { queue } = this.#gpu.device;
    const params = this.#moduleParams[m.index];
    const paddedA = new Float32Array(this.rPad * m.dIn);
    paddedA.set(a);
    const paddedB = new Float32Array(m.dOut * this.rPad);
    for (let row = 0; row < m.dOut; row++) paddedB.set(b.subarray(row * rank, (row + 1) * rank), row * this.rPad);
    queue.writeBuffer(params.a.buffer, params.a.offset, paddedA);
    queue.writeBuffer(params.b.buffer, params.b.offset, paddedB);
  }

  /** Operations before a step's first micro-batch. */
  begin(): Op[] {
    return [{ clear: this.#flat.grads }, ...this.method.begin()];
  }

  /** Operations after a step's last micro-batch: clip, AdamW, the method's update, derived tensors. */
  update(): Op[] {
    const { params, grads, m, v } = this.#flat;
    const length = params.size / 4;
    return [
      ...gradNorm(this.#gpu, { grads, length, partial: this.#normPartial, norm: this.norm }),
      adamw(this.#gpu, { params, grads, m, v, norm: this.norm, hyper: this.#hyper, length }),
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
    const { rank } = this.config;
    const values = new Float32Array(await readTensor(this.#gpu, flat));
    const layout = flatLayout(this.modules, rank);
    return this.modules.map((m, i) => {
      const padded = values.subarray(layout.b[i] / 4);
      const b = new Float32Array(m.dOut * rank);
      for (let row = 0; row < m.dOut; row++) b.set(padded.subarray(row * this.rPad, row * this.rPad + rank), row * rank);
      return { path: modulePath(m), dIn: m.dIn, dOut: m.dOut, a: values.slice(layout.a[i] / 4, layout.a[i] / 4 + rank * m.dIn), b };
    });
  }

  /** Takes A and B from outside, in the order of `modules`. `refresh` must run before the next pass. */
  load(adapters: { a: Float32Array; b: Float32Array }[]): void {
    this.modules.forEach((m, i) => {
      const { a, b } = adapters[i];
      if (a.length !== this.config.rank * m.dIn || b.length !== this.config.rank * m.dOut) {
        throw new AdapterError(`${modulePath(m)}: A and B do not have the shape of a rank-${this.config.rank} adapter for this model.`, 'Open the model that the adapter was trained on.');
      }
      this.#writeModule(m, a, b);
    });
  }

  /** After A, B or thresholds were written from outside: what is derived from them. */
  async refresh(): Promise<void> {
    const program = await new Program(this.#gpu, this.#scope, 'refresh', this.method.refresh()).compile();
    const encoder = this.#gpu.device.createCommandEncoder({ label: 'refresh' });
    program.encode(encoder, { rows: 0, supervised: 0, segments: 0 });
    this.#gpu.device.queue.submit([encoder.finish()]);
  }

  /** A and B of every module, and their gradients, with names for people. */
  parameterTensors(): { label: string; tensor: Tensor; length: number }[] {
    return this.#named((p) => [['A', p.a], ['B', p.b]]);
  }

  gradientTensors(): { label: string; tensor: Tensor; length: number }[] {
    return this.#named((p) => [['gradient of A', p.gradA], ['gradient of B', p.gradB]]).reverse();
  }

  #named(pick: (p: ModuleParams) => [string, Tensor][]): { label: string; tensor: Tensor; length: number }[] {
    return this.modules.flatMap((m) => pick(this.#moduleParams[m.index]).map(([what, tensor]) => ({ label: `${what} of ${modulePath(m)}`, tensor, length: tensor.size / 4 })));
  }

  free(): void {
    this.#scope.free();
  }
}
