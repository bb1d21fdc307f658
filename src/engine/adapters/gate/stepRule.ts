/**
 * Threshold rules that take Adam-normalised steps on g = −Σ c_i μ_i − λ Σ S_i: reconstructed and literal, and with
 * coins for the signs of μ; and the soft one, whose g = −Σ S_i μ_i/r_i − λ Σ S_i is the gradient of τ itself.
 */
import type { Tensor } from '../../device/buffers';
import type { Dispatch, Op } from '../../device/program';
import { statOf } from '../../kernels/gate/slots';
import { coinSums } from '../../kernels/coin/coin';
import { softSums } from '../../kernels/soft/soft';
import { TAU_HYPER_BYTES, packTauHyper, updateTau } from '../../kernels/tau/tau';
import type { AdaptedModule, BackwardIO } from '../method';
import { type ThresholdRule, type GateGradients, type RuleContext, type RuleEntry, lambdaOf } from './rule';

interface StepKind {
  /** Sums are multiplied by s before the moments, as the paper's constants expect. */
  literal?: boolean;
  /** What g has in the place of Σ c_i μ_i: added to the fourth sum of the module's statistics. */
  ownSum?(context: RuleContext, m: AdaptedModule, io: BackwardIO): Dispatch;
}

class StepRule implements ThresholdRule {
  readonly #context: RuleContext;
  readonly #kind: StepKind;
  readonly #hyper: Tensor;

  constructor(context: RuleContext, kind: StepKind) {
    this.#context = context;
    this.#kind = kind;
    this.#hyper = context.scope.alloc('gate/hyper', TAU_HYPER_BYTES, 'uniform');
  }

  prepare(gradients: GateGradients | null): void {
    const { device, config, updates } = this.#context;
    const hyper = packTauHyper({
      lambda: lambdaOf(config, gradients),
      tauLearningRate: config.tauLearningRate,
      stepsLeft: updates,
      enabled: gradients !== null,
    });
    device.write(this.#hyper, hyper);
  }

  keep(m: AdaptedModule, io: BackwardIO): Op[] {
    const { ownSum } = this.#kind;
    return ownSum ? [ownSum(this.#context, m, io)] : [];
  }

  update(): Op[] {
    const { device, config, slots, stats, shown, modules } = this.#context;
    return [
      updateTau(device, {
        slots,
        stats,
        rho: shown,
        hyper: this.#hyper,
        modules,
        ownRho: config.rhoPer === 'module',
        literal: this.#kind.literal ?? false,
        ownSum: this.#kind.ownSum !== undefined,
      }),
    ];
  }
}

export const reconstructed: RuleEntry = {
  name: 'reconstructed',
  create: (context) => new StepRule(context, {}),
};

export const literal: RuleEntry = {
  name: 'literal',
  create: (context) => new StepRule(context, { literal: true }),
};

/** A seeded coin decides the sign of every μ. */
export const coin: RuleEntry = {
  name: 'coin',
  create: (context) =>
    new StepRule(context, {
      ownSum: ({ device, passStats, seed }, m, { rows, saved: { open }, scratch: { mu } }) =>
        coinSums(device, { rows, mu, open, stat: statOf(passStats, m.index), seed, module: m.salt }),
    }),
};

/** h = y + max(0, 1 − τ/r) Δ: τ is learnt by its gradient. */
export const soft: RuleEntry = {
  name: 'soft',
  create: (context) =>
    new StepRule(context, {
      ownSum: ({ device, passStats }, m, { rows, saved: { open, ratio }, scratch: { mu } }) =>
        softSums(device, { rows, mu, ratio, open, stat: statOf(passStats, m.index) }),
    }),
};
