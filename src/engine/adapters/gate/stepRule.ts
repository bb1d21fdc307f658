/** Threshold rules that take signed, Adam-normalised steps on g = −Σ c_i μ_i − λ Σ S_i: reconstructed and literal. */
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { TAU_HYPER_BYTES, packTauHyper, updateTau } from '../../kernels/tau/tau';
import { type GateRule, type Prices, type RuleContext, lambdaOf } from './rule';

export class StepRule implements GateRule {
  readonly #context: RuleContext;
  readonly #hyper: Tensor;

  constructor(context: RuleContext) {
    this.#context = context;
    this.#hyper = context.scope.alloc('gate/hyper', TAU_HYPER_BYTES, 'uniform');
  }

  prepare(prices: Prices | null): void {
    const { device, config, updates } = this.#context;
    const hyper = packTauHyper({
      lambda: lambdaOf(config, prices),
      tauStep: config.tauStep,
      stepsLeft: updates,
      enabled: prices !== null,
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
        literal: config.rule === 'literal',
      }),
    ];
  }
}
