/**
 * All that a run trains, in one flat buffer: A and B of its modules with what its method trains besides, and behind
 * them the modules that are trained whole. Gradients and moments lie in others of the same layout.
 */
import type { RunConfig } from '../shared/config';
import type { ModelDescription } from '../shared/model';
import type { AdaptedModule, ModuleParams, Trainable } from './adapters/method';
import { trainedOf } from './adapters/methods';
import {
  type ModuleAdapter,
  type ModuleValues,
  type Trained,
  extraLength,
  flatLayout,
  learningRates,
  pack,
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
import { type Device, readFloats } from './device/device';
import { RATE_SPAN } from './optim/adamw';

const namedWhole = (modules: WholeModules, prefix: string): NamedTensor[] =>
  [...modules].flatMap(([path, { weight, bias }]) =>
    [weight, ...(bias ? [bias] : [])].map((tensor) => ({
      label: `${prefix}${tensor === weight ? 'the weight' : 'the bias'} of ${path}`,
      tensor,
      length: tensor.size / 4,
    })),
  );

/** A tensor with a name for people, and how many of its numbers count. */
export interface NamedTensor {
  label: string;
  tensor: Tensor;
  length: number;
}

export class TrainedValues {
  readonly flat: Record<'params' | 'grads' | 'm' | 'v', Tensor>;
  /** The factor of the learning rate for every `RATE_SPAN` of them. */
  readonly rates: Tensor;
  /** The slices of every adapted module. */
  readonly moduleParams: ModuleParams[];
  /** The modules that are trained whole, with their gradients. */
  readonly whole: Record<'values' | 'grads', WholeModules>;
  readonly #device: Device;
  readonly #modules: readonly AdaptedModule[];
  readonly #trained: Trained;
  readonly #wholeLayout: WholeLayout;

  constructor(
    device: Device,
    scope: BufferScope,
    { model, run, modules }: { model: ModelDescription; run: RunConfig; modules: readonly AdaptedModule[] },
  ) {
    this.#device = device;
    this.#modules = modules;
    this.#trained = trainedOf(run);
    this.#wholeLayout = wholeLayout(model);
    const adapterBytes = flatLayout(modules, this.#trained).bytes;
    const bytes = adapterBytes + this.#wholeLayout.bytes;
    const alloc = (name: string) => scope.alloc(name, bytes);
    this.flat = { params: alloc('params'), grads: alloc('grads'), m: alloc('m'), v: alloc('v') };
    const { params, grads } = this.flat;
    const rates = new Float32Array(bytes / 4 / RATE_SPAN).fill(1);
    rates.set(learningRates(modules, this.#trained, run.loraPlusRatio, RATE_SPAN));
    fillBiasRates(rates.subarray(adapterBytes / 4 / RATE_SPAN), this.#wholeLayout, run.loraPlusRatio, RATE_SPAN);
    this.rates = scope.upload('rates', rates);
    this.moduleParams = sliceParams({ modules, trained: this.#trained, params, grads });
    const whole = (flat: Tensor): WholeModules =>
      this.#wholeLayout.bytes > 0 ? sliceWhole(this.#wholeLayout, this.#wholePart(flat)) : new Map();
    this.whole = { values: whole(params), grads: whole(grads) };
  }

  /** Numbers as they lie, padding included. */
  get length(): number {
    return this.flat.params.size / 4;
  }

  /** Values that are trained. */
  get count(): number {
    const { rank, extra, constant } = this.#trained;
    const whole = this.#wholeLayout.places.reduce(
      (sum, { linear: { dIn, dOut, bias } }) => sum + dOut * (dIn + Number(bias)),
      0,
    );
    return this.#modules.reduce(
      (sum, m) => sum + rank * (m.dIn + m.dOut) + (constant ? m.dOut : 0) + extraLength(extra, m, rank),
      whole,
    );
  }

  /** The adapter, or its gradients, in PEFT's layout, in the order of the modules. */
  async adapters(of: 'params' | 'grads'): Promise<ModuleAdapter[]> {
    const values = unpack(this.#modules, this.#trained, await readFloats(this.#device, this.flat[of]));
    return this.#modules.map((m, i) => ({ path: m.path, dIn: m.dIn, dOut: m.dOut, ...values[i] }));
  }

  /** What is trained whole, or its gradients, by the names of the state dict. */
  async wholeValues(of: 'params' | 'grads'): Promise<Map<string, Float32Array>> {
    if (this.#wholeLayout.bytes === 0) return new Map();
    return unpackWhole(this.#wholeLayout, await readFloats(this.#device, this.#wholePart(this.flat[of])));
  }

  /** @throws {AdapterError} when shapes do not fit */
  load(adapters: readonly ModuleValues[]): void {
    this.#device.write(this.flat.params, pack(this.#modules, this.#trained, adapters));
  }

  /** @throws {AdapterError} where a tensor is missing or has another shape */
  loadWhole(values: WholeValues): void {
    if (this.#wholeLayout.bytes === 0) return;
    this.#device.write(this.#wholePart(this.flat.params), packWhole(this.#wholeLayout, values));
  }

  /** Copies from the base what is trained whole. */
  startWhole(base: WholeModules): void {
    if (base.size === 0) return;
    this.#device.submit('start of whole modules', (commands) => {
      for (const [path, { weight, bias }] of base) {
        const own = this.whole.values.get(path)!;
        commands.copy(weight, own.weight);
        if (bias) commands.copy(bias, own.bias!);
      }
    });
  }

  #wholePart(flat: Tensor): Tensor {
    const { bytes } = this.#wholeLayout;
    return flat.slice('whole modules', flat.size - bytes, bytes);
  }

  /** What is trained of every module, with names for people. */
  namedParameters(): NamedTensor[] {
    return [
      ...this.#named((p) => [['A', p.a], ['B', p.b], ...this.#others(p, 'value', '')]),
      ...namedWhole(this.whole.values, ''),
    ];
  }

  /** Its gradients, from the last module to the first, as the backward pass makes them. */
  namedGradients(): NamedTensor[] {
    return [
      ...this.#named((p) => [
        ['gradient of A', p.gradA],
        ['gradient of B', p.gradB],
        ...this.#others(p, 'grad', 'gradient of '),
      ]),
      ...namedWhole(this.whole.grads, 'gradient of '),
    ].reverse();
  }

  /** What is trained besides A and B. */
  #others({ constant, extra }: ModuleParams, of: keyof Trainable, prefix: string): [string, Tensor][] {
    return [
      ...(constant ? [[`${prefix}constant`, constant[of]] satisfies [string, Tensor]] : []),
      ...(extra ? [[`${prefix}${this.#trained.extra!.symbol}`, extra[of]] satisfies [string, Tensor]] : []),
    ];
  }

  #named(pick: (p: ModuleParams) => [string, Tensor][]): NamedTensor[] {
    return this.#modules.flatMap((m) =>
      pick(this.moduleParams[m.index]).map(([what, tensor]) => ({
        label: `${what} of ${m.path}`,
        tensor,
        length: tensor.size / 4,
      })),
    );
  }
}
