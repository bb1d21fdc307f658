/** Threshold rules that take signed, Adam-normalised steps on g = −Σ c_i μ_i − λ Σ S_i: reconstructed and literal. */
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { TAU_HYPER_BYTES, packTauHyper, updateTau } from '../../kernels/tau/tau';
import { type ThresholdRule, type GateGradients, type RuleContext, type RuleEntry, lambdaOf } from './rule';

class StepRule implements ThresholdRule {
  readonly #context: RuleContext;
  readonly #literal: boolean;
  readonly #hyper: Tensor;

  /** @param literal sums are multiplied by s before the moments, as the paper's constants expect */
  constructor(context: RuleContext, literal: boolean) {
    this.#context = context;
    this.#literal = literal;
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
        literal: this.#literal,
      }),
    ];
  }
}

export const reconstructed: RuleEntry = {
  name: 'reconstructed',
  create: (context) => new StepRule(context, false),
};

export const literal: RuleEntry = { name: 'literal', create: (context) => new StepRule(context, true) };
