import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import median from '../gate/median.wgsl?raw';
import slots from '../gate/slots.wgsl?raw';
import { sharing } from '../launch';
import { steerCpu } from './steer.cpu';
import wgsl from './steer.wgsl?raw';

/** Bytes of the hyper uniform; allocate it with usage 'uniform'. */
export const STEER_HYPER_BYTES = 16;
/** Of what a step missed, what the correction takes up; and the largest correction. */
const [GAIN, BOUND] = [0.3, 0.15];

/** @param enabled false during τ's warm-up: nothing moves */
export function packSteerHyper(target: number, enabled: boolean): ArrayBuffer {
  const bytes = new ArrayBuffer(STEER_HYPER_BYTES);
  new Float32Array(bytes).set([target, 0, GAIN, BOUND]);
  new Uint32Array(bytes)[1] = enabled ? 1 : 0;
  return bytes;
}

export interface SteerParams {
  /** `packSteerHyper`. */
  hyper: Tensor;
  /** GateSlots of all modules of the run; τ moves. */
  slots: Tensor;
  /** StatSlots of the step. */
  stats: Tensor;
  modules: number;
  /** Every module reaches the share by itself; else the run does. */
  perModule: boolean;
}

/**
 * Moves τ of a run's modules so that a share of tokens is skipped; dispatch once per optimizer step, after the rule.
 */
export function steer(device: Device, p: SteerParams): Dispatch {
  return {
    kernel: {
      label: 'steer',
      code: compose(wgsl, { snippets: [slots, median] }),
      constants: { THREADS: sharing(device, 64), MODULES: p.modules, PER_MODULE: p.perModule ? 1 : 0 },
    },
    bindings: [p.hyper, p.slots, p.stats],
    groups: () => [1, 1, 1],
    cpu: steerCpu(p),
  };
}
