/** Threshold rules: how a module's τ moves after a step. One today; a new one is a new case of `createRule`. */
import type { GateConfig } from '../../../shared/config';
import type { BufferScope, Tensor } from '../../gpu/buffers';
import type { Gpu } from '../../gpu/device';
import type { Op } from '../../gpu/program';
import { TAU_HYPER_BYTES, packTauHyper, updateTau } from '../../kernels/tau/tau';

export interface ThresholdRule {
  /** Moves every module's τ from the statistics of the step. */
  update(): Op[];
  /** Host side, before `update` of 0-based `step`; `tokens` is T of the accumulated batch. */
  prepare(step: number, tokens: number): void;
  /** f32[2]: ρ_t and the step size used. */
  readonly rho: Tensor;
}

export interface RuleContext {
  modules: number;
  slots: Tensor;
  stats: Tensor;
  config: GateConfig;
  /** Optimizer steps of the run, and how many of them τ waits. */
  steps: number;
  warmup: number;
}

/** The reconstructed rule: a signed, Adam-normalised step on g = −Σ c_i μ_i − λ Σ S_i. */
class ReconstructedRule implements ThresholdRule {
  readonly rho: Tensor;
  readonly #hyper: Tensor;
  readonly #gpu: Gpu;
  readonly #context: RuleContext;

  constructor(gpu: Gpu, scope: BufferScope, context: RuleContext) {
    this.#gpu = gpu;
    this.#context = context;
    this.rho = scope.alloc('gate/rho', 16);
    this.#hyper = scope.alloc('gate/hyper', TAU_HYPER_BYTES, GPUBufferUsage.UNIFORM);
  }

  prepare(step: number, tokens: number): void {
    const { config, steps, warmup } = this.#context;
    const hyper = packTauHyper({
      lambda: tokens > 0 ? config.lambdaBar / tokens : 0,
      tauStep: config.tauStep,
      stepsLeft: steps - warmup,
      enabled: step >= warmup,
    });
    this.#gpu.device.queue.writeBuffer(this.#hyper.buffer, this.#hyper.offset, hyper);
  }

  update(): Op[] {
    const { slots, stats, modules } = this.#context;
    return [updateTau(this.#gpu, { slots, stats, rho: this.rho, hyper: this.#hyper, modules, ownRho: this.#context.config.rhoPer === 'module', literal: this.#context.config.rule === 'literal' })];
  }
}

export function createRule(rule: GateConfig['rule'], gpu: Gpu, scope: BufferScope, context: RuleContext): ThresholdRule {
  switch (rule) {
    case 'reconstructed':
    case 'literal': return new ReconstructedRule(gpu, scope, context);
    default: throw new Error(`no rule "${rule}"`);
  }
}
