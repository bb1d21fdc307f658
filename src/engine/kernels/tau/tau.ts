import { compose } from '../../device/compose';
import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import median from '../gate/median.wgsl?raw';
import slots from '../gate/slots.wgsl?raw';
import { sharing } from '../launch';
import { updateTauCpu } from './tau.cpu';
import wgsl from './tau.wgsl?raw';

/** Modules of one run that the kernel can take (their medians lie in workgroup memory). */
const MAX_GATED_MODULES = 2048;
/** Bytes of the hyper uniform; allocate it with usage 'uniform'. */
export const TAU_HYPER_BYTES = 32;

/** What the threshold rule needs to know about a step. */
export interface TauHyper {
  /** λ: sparsity penalty of an active token (sparsityPenalty / T). */
  lambda: number;
  /** Step size s, or 'auto': 3·ρ / stepsLeft. */
  tauLearningRate: number | 'auto';
  /** steps − tauWarmup. */
  stepsLeft: number;
  /** false during τ's warm-up: nothing moves. */
  enabled: boolean;
  /** Defaults of the method: 0.9, 0.98, 1e-8. */
  beta1?: number;
  beta2?: number;
  eps?: number;
}

/** `TauHyper` as the uniform's bytes. */
export function packTauHyper(h: TauHyper): ArrayBuffer {
  const bytes = new ArrayBuffer(TAU_HYPER_BYTES);
  new Float32Array(bytes).set([
    h.lambda,
    h.tauLearningRate === 'auto' ? -1 : h.tauLearningRate,
    Math.max(1, h.stepsLeft),
    0,
    h.beta1 ?? 0.9,
    h.beta2 ?? 0.98,
    h.eps ?? 1e-8,
  ]);
  new Uint32Array(bytes)[3] = h.enabled ? 1 : 0;
  return bytes;
}

export interface UpdateTauParams {
  /** GateSlots of all modules of the run; updated. */
  slots: Tensor;
  /** StatSlots of the step. */
  stats: Tensor;
  /** f32 [2]: ρ (updated) and the step size used (written). */
  rho: Tensor;
  /** `packTauHyper`. */
  hyper: Tensor;
  modules: number;
  /** Every module's step goes by its own ρ instead of the run's. */
  ownRho: boolean;
  /** g = −s·Σ c_i μ_i − s·λ·Σ S_i: the paper's own form, in which ε is not negligible. */
  literal: boolean;
  /** The fourth sum of the statistics, which the rule itself makes, instead of Σ c μ. */
  ownSum: boolean;
}

/** The reconstructed (or literal) threshold rule for all modules of a run; dispatch once per optimizer step. */
export function updateTau(device: Device, p: UpdateTauParams): Dispatch {
  if (p.modules > MAX_GATED_MODULES) throw new Error(`${p.modules} gated modules; at most ${MAX_GATED_MODULES}`);
  return {
    kernel: {
      label: 'tau',
      code: compose(wgsl, { snippets: [slots, median] }),
      constants: {
        THREADS: sharing(device, 64),
        MODULES: p.modules,
        OWN_RHO: p.ownRho ? 1 : 0,
        LITERAL: p.literal ? 1 : 0,
        OWN_SUM: p.ownSum ? 1 : 0,
      },
    },
    bindings: [p.hyper, p.slots, p.stats, p.rho],
    groups: () => [1, 1, 1],
    cpu: updateTauCpu(p),
  };
}
