/**
 * Learned rules without a gradient: τ goes to the proximal point of the costs p_i = μ_i + λ, of one batch or averaged.
 */
import { type Tensor, alignBinding } from '../../device/buffers';
import type { Op } from '../../device/program';
import { RATIO_BINS } from '../../kernels/gate/slots';
import { BIN_BYTES, averaged, binGateGradients, storeGateGradients } from '../../kernels/proximal/gateGradients';
import { PROXIMAL_HYPER_BYTES, packProximalHyper, pairBytes, proximal } from '../../kernels/proximal/proximal';
import type { AdaptedModule, BackwardIO, StateTensor } from '../method';
import {
  type ThresholdRule,
  type GateGradients,
  type RuleContext,
  type RuleEntry,
  type RuleExtent,
  lambdaOf,
} from './rule';

/** Tokens that a module has room for: its pairs are bound alone. */
export const pairCapacity = (tokens: number): number => alignBinding(8 * tokens) / 8;

/** A module's (r, μ) among all modules'. */
export const pairsOf = (pairs: Tensor, m: AdaptedModule, capacity: number): Tensor =>
  pairs.slice(`${pairs.label}[${m.index}]`, pairBytes(m.index, capacity), pairBytes(1, capacity));

abstract class ProximalRule implements ThresholdRule {
  protected readonly context: RuleContext;
  protected readonly hyper: Tensor;

  constructor(context: RuleContext) {
    this.context = context;
    this.hyper = context.scope.alloc('gate/hyper', PROXIMAL_HYPER_BYTES, 'uniform');
  }

  prepare(gradients: GateGradients | null): void {
    const { device, config } = this.context;
    const hyper = packProximalHyper({
      tokens: gradients?.tokens ?? 0,
      enabled: gradients !== null,
      lambda: lambdaOf(config, gradients),
      eta: config.eta,
    });
    device.write(this.hyper, hyper);
  }

  abstract keep(m: AdaptedModule, io: BackwardIO): Op[];
  abstract update(): Op[];
}

/** Bytes of the exact rule's tensors, by name. */
const exactSizes = ({ modules, capacity }: RuleExtent) => ({
  pairs: pairBytes(modules, pairCapacity(capacity)),
  sorted: pairBytes(modules, pairCapacity(capacity)),
});

class ExactRule extends ProximalRule {
  readonly #pairs: Tensor;
  readonly #other: Tensor;
  readonly #capacity: number;

  constructor(context: RuleContext) {
    super(context);
    const sizes = exactSizes(context);
    this.#pairs = context.scope.alloc('gate/pairs', sizes.pairs);
    this.#other = context.scope.alloc('gate/sorted', sizes.sorted);
    this.#capacity = pairCapacity(context.capacity);
  }

  keep(m: AdaptedModule, { rows, saved, scratch }: BackwardIO): Op[] {
    return [
      storeGateGradients({
        rows,
        ratio: saved.ratio,
        mu: scratch.mu,
        kind: this.context.kind,
        pairs: pairsOf(this.#pairs, m, this.#capacity),
      }),
    ];
  }

  update(): Op[] {
    const { device, slots, modules } = this.context;
    return proximal(device, {
      hyper: this.hyper,
      pairs: this.#pairs,
      other: this.#other,
      slots,
      modules,
      capacity: this.#capacity,
    });
  }
}

/** Bytes of the averaged rule's tensors, by name. */
const averagedSizes = ({ modules }: RuleExtent) => ({ sums: modules * BIN_BYTES, average: 2 * modules * BIN_BYTES });

class AveragedRule extends ProximalRule {
  readonly #sums: Tensor;
  readonly #average: Tensor;

  constructor(context: RuleContext) {
    super(context);
    const sizes = averagedSizes(context);
    this.#sums = context.scope.alloc('gate/sums', sizes.sums);
    this.#average = context.scope.alloc('gate/average', sizes.average);
  }

  clear(): Op[] {
    return [{ clear: this.#sums }];
  }

  keep(m: AdaptedModule, { rows, saved, scratch }: BackwardIO): Op[] {
    const sums = this.#sums.slice(`${this.#sums.label}[${m.index}]`, m.index * BIN_BYTES, BIN_BYTES);
    return [
      binGateGradients(this.context.device, {
        rows,
        ratio: saved.ratio,
        mu: scratch.mu,
        kind: this.context.kind,
        sums,
      }),
    ];
  }

  update(): Op[] {
    const { slots, stats, modules } = this.context;
    return [averaged({ hyper: this.hyper, sums: this.#sums, stats, average: this.#average, slots, modules })];
  }

  state(): StateTensor[] {
    return [{ name: 'average', tensor: this.#average }];
  }

  /** What closed the module must not close it again at once: its average starts over, from nothing. */
  forget(module: number): void {
    this.context.device.write(this.#average, new Float32Array(2 * RATIO_BINS), 2 * module * BIN_BYTES);
  }
}

export const exact: RuleEntry = { name: 'exact', sizes: exactSizes, create: (context) => new ExactRule(context) };

export const averagedRule: RuleEntry = {
  name: 'averaged',
  sizes: averagedSizes,
  create: (context) => new AveragedRule(context),
};
