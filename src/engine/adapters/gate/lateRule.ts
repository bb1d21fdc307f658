/**
 * The late gate: every token is active for a share of the run, then each module skips a share of its tokens that grows
 * to what is wanted. τ follows the quantile of r of the step before (kernels/steer), and decides at evaluation and in
 * files, too.
 */
import { lateSteps } from '../../../shared/config';
import type { Tensor } from '../../device/buffers';
import type { Op } from '../../device/program';
import { STEER_HYPER_BYTES, packSteerHyper, steer } from '../../kernels/steer/steer';
import type { GateGradients, RuleContext, RuleEntry, ThresholdRule } from './rule';

class LateRule implements ThresholdRule {
  readonly #context: RuleContext;
  readonly #hyper: Tensor;

  constructor(context: RuleContext) {
    this.#context = context;
    this.#hyper = context.scope.alloc('gate/hyper', STEER_HYPER_BYTES, 'uniform');
  }

  /** Of step `step`: τ for the step after it. */
  prepare(_gradients: GateGradients | null, step: number): void {
    const { device, config, steps } = this.#context;
    const { first, full } = lateSteps(config, { steps });
    const grown = Math.min(1, (step + 2 - first) / Math.max(1, full - first));
    device.write(this.#hyper, packSteerHyper((1 - config.activeShare) * Math.max(0, grown), step + 1 >= first));
  }

  update(): Op[] {
    const { device, slots, stats, modules } = this.#context;
    return [steer(device, { hyper: this.#hyper, slots, stats, modules, perModule: true })];
  }
}

export const late: RuleEntry = { name: 'late', create: (context) => new LateRule(context) };
