/** Threshold rules that take signed, Adam-normalised steps on g = −Σ c_i μ_i − λ Σ S_i: reconstructed and literal. */
import type { Tensor } from '../../gpu/buffers';
import type { Op } from '../../gpu/program';
import { TAU_HYPER_BYTES, packTauHyper, updateTau } from '../../kernels/tau/tau';
import { type GateRule, type Prices, type RuleContext, lambdaOf } from './rule';

export class StepRule implements GateRule {
  readonly #context: RuleContext;
  readonly #hyper: Tensor;

  constructor(context: RuleContext) {
    this.#context = context;
    this.#hyper = context.scope.alloc('gate/hyper', TAU_HYPER_BYTES, GPUBufferUsage.UNIFORM);
  }

  prepare(prices: Prices | null): void {
    const { gpu, config, updates } = this.#context;
    const hyper = packTauHyper({ lambda: lambdaOf(config, prices), tauStep: config.tauStep, stepsLeft: updates, enabled: prices !== null });
    gpu.device.queue.writeBuffer(this.#hyper.buffer, this.#hyper.offset, hyper);
  }

  update(): Op[] {
    const { gpu, config, slots, stats, shown, modules } = this.#context;
    return [updateTau(gpu, { slots, stats, rho: shown, hyper: this.#hyper, modules, ownRho: config.rhoPer === 'module', literal: config.rule === 'literal' })];
  }
}
