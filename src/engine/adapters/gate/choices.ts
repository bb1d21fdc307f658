/** Rules that learn no threshold: quantile, random, oracle. Each marks the rows to keep. */
import { type Tensor, alignBinding } from '../../device/buffers';
import type { Dispatch, Op } from '../../device/program';
import { slotOf } from '../../kernels/gate/slots';
import { pairBytes } from '../../kernels/proximal/proximal';
import { storeGateGradients } from '../../kernels/proximal/gateGradients';
import { keepRatios, markHelpful, markLargest, markRandom, noteShare } from '../../kernels/select/select';
import type { AdaptedModule, BackwardIO, ForwardIO } from '../method';
import { pairCapacity, pairsOf } from './proximalRules';
import type { ThresholdRule, RuleContext, RuleEntry, RuleExtent } from './rule';

/** Bytes of r of all tokens of a step, for one module. */
const ratioBytes = (tokens: number): number => alignBinding(4 * tokens);

/** Bytes of the quantile gate's tensors, by name. */
const quantileSizes = ({ modules, capacity, cut }: RuleExtent): Record<string, number> =>
  cut ? { ratios: modules * ratioBytes(capacity) } : {};

/**
 * Keeps the share `keep` with the largest r of each batch and module. Where batches are cut, r of all parts must be
 * there before the first is gated (`wholeBatch`).
 */
class QuantileRule implements ThresholdRule {
  readonly #context: RuleContext;
  readonly wholeBatch: Tensor | null;

  constructor(context: RuleContext) {
    this.#context = context;
    const { ratios } = quantileSizes(context);
    this.wholeBatch = ratios ? context.scope.alloc('gate/ratios', ratios) : null;
  }

  mark(m: AdaptedModule, { rows, saved }: ForwardIO): Dispatch[] {
    const {
      device,
      slots,
      capacity,
      config: { activeShare: keep },
    } = this.#context;
    const marks = { rows, open: saved.open, slot: slotOf(slots, m.index), keep };
    if (!this.wholeBatch) return [markLargest(device, { ...marks, ratio: saved.ratio, ofStep: false })];
    const bytes = ratioBytes(capacity);
    const ratios = this.wholeBatch.slice(`gate/ratios[${m.index}]`, m.index * bytes, bytes);
    return [
      keepRatios({ rows, ratio: saved.ratio, ratios }),
      markLargest(device, { ...marks, ratio: ratios, ofStep: true }),
    ];
  }
}

/** Control: as many tokens as the followed run keeps of the same batch and module, drawn at random. */
class RandomRule implements ThresholdRule {
  readonly #context: RuleContext;

  constructor(context: RuleContext) {
    this.#context = context;
  }

  mark(m: AdaptedModule, { rows, saved }: ForwardIO): Dispatch[] {
    const {
      device,
      slots,
      shown,
      seed,
      followed,
      config: { activeShare: keep },
    } = this.#context;
    return [
      markRandom(device, {
        rows,
        open: saved.open,
        slot: slotOf(slots, m.index),
        keep,
        seed,
        module: m.salt,
        followed: followed(m),
        nobody: shown,
      }),
    ];
  }

  update(): Op[] {
    return [noteShare(this.#context)];
  }
}

/** Bytes of the oracle's tensors, by name. */
const oracleSizes = ({ modules, capacity }: RuleExtent) => ({ pairs: pairBytes(modules, pairCapacity(capacity)) });

/**
 * Control: a probe with all gates open tells each token's μ; the step keeps those with μ < 0 or Δ = 0. Elsewhere all
 * are kept.
 */
class OracleRule implements ThresholdRule {
  readonly #context: RuleContext;
  readonly #pairs: Tensor;
  readonly #capacity: number;

  constructor(context: RuleContext) {
    this.#context = context;
    this.#pairs = context.scope.alloc('gate/pairs', oracleSizes(context).pairs);
    this.#capacity = pairCapacity(context.capacity);
  }

  mark(m: AdaptedModule, { rows, saved }: ForwardIO): Dispatch[] {
    return [markHelpful({ rows, open: saved.open, pairs: pairsOf(this.#pairs, m, this.#capacity) })];
  }

  keep(m: AdaptedModule, { rows, saved, scratch }: BackwardIO): Op[] {
    return [
      storeGateGradients({
        rows,
        ratio: saved.ratio,
        mu: scratch.mu,
        kind: this.#context.kind,
        pairs: pairsOf(this.#pairs, m, this.#capacity),
      }),
    ];
  }
}

export const quantile: RuleEntry = {
  name: 'quantile',
  sizes: quantileSizes,
  create: (context) => new QuantileRule(context),
};

export const random: RuleEntry = { name: 'random', create: (context) => new RandomRule(context) };

export const oracle: RuleEntry = {
  name: 'oracle',
  probes: true,
  sizes: oracleSizes,
  create: (context) => new OracleRule(context),
};
