/** Threshold rules that take signed, Adam-normalised steps on g = −Σ c_i μ_i − λ Σ S_i: reconstructed and literal, and with coins for the signs of μ. */
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { statOf } from '../../kernels/gate/slots';
import { coinSums } from '../../kernels/coin/coin';
import { TAU_HYPER_BYTES, packTauHyper, updateTau } from '../../kernels/tau/tau';
import type { AdaptedModule, BackwardIO } from '../method';
import { type ThresholdRule, type GateGradients, type RuleContext, type RuleEntry, lambdaOf } from './rule';

interface StepKind {
  /** Sums are multiplied by s before the moments, as the paper's constants expect. */
  literal?: boolean;
  /** A seeded coin decides the sign of every μ. */
  coin?: boolean;
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

  keep(m: AdaptedModule, { rows, saved: { open }, scratch: { mu } }: BackwardIO): Op[] {
    if (!this.#kind.coin) return [];
    const { device, passStats, seed } = this.#context;
    return [coinSums(device, { rows, mu, open, stat: statOf(passStats, m.index), seed, module: m.salt })];
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
        coin: this.#kind.coin ?? false,
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

export const coin: RuleEntry = { name: 'coin', create: (context) => new StepRule(context, { coin: true }) };
