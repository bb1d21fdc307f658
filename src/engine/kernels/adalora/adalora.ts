/** What AdaLoRA needs besides LoRA's products. Symbols as in adapters/adalora. */
import type { Tensor } from '../../device/buffers';
import { compose } from '../../device/compose';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { rowThreads, sharing, snippets, spread } from '../launch';
import { adaloraFinishCpu, allocateCpu, importanceCpu, orthogonalityCpu, scaleBCpu, scoresCpu } from './adalora.cpu';
import allocateWgsl from './allocate.wgsl?raw';
import finishWgsl from './finish.wgsl?raw';
import hyperWgsl from './hyper.wgsl?raw';
import importanceWgsl from './importance.wgsl?raw';
import orthogonalityWgsl from './orthogonality.wgsl?raw';
import scaleBWgsl from './scaleB.wgsl?raw';
import scoresWgsl from './scores.wgsl?raw';

const THREADS = 64;

/** Bytes of the hyper uniform; allocate it with usage 'uniform'. */
export const ADALORA_HYPER_BYTES = 32;

/** What happens after a step. */
export interface AdaloraHyper {
  beta1: number;
  beta2: number;
  /** Largest gradient norm, as the optimizer has it. */
  clip: number;
  /** Sensitivity is measured. */
  learn: boolean;
  /** How many triplets are dropped by score, chosen again; null leaves the choice. */
  drop: number | null;
  /** Dropped singular values become 0. */
  mask: boolean;
}

export function packAdaloraHyper(h: AdaloraHyper): ArrayBuffer {
  const bytes = new ArrayBuffer(ADALORA_HYPER_BYTES);
  new Float32Array(bytes).set([1 - h.beta1, 1 - h.beta2, h.clip]);
  new Uint32Array(bytes).set([h.learn ? 1 : 0, h.drop === null ? 0 : 1, h.mask ? 1 : 0, h.drop ?? 0], 3);
  return bytes;
}

/** scaledB = B diag(E); [dOut, rank], e [rank]. */
export function scaleB(
  _device: Device,
  p: { b: Tensor; e: Tensor; scaledB: Tensor; dOut: number; rank: number },
): Dispatch {
  return {
    kernel: { label: 'adalora B E', code: scaleBWgsl, constants: { DOUT: p.dOut, RANK4: p.rank / 4 } },
    bindings: [p.b, p.e, p.scaledB],
    groups: () => spread(Math.ceil((p.dOut * p.rank) / 4 / THREADS)),
    cpu: scaleBCpu(p),
  };
}

/** The gradient of B diag(E), in place, into that of B; and that of E. */
export function adaloraFinish(
  device: Device,
  p: { b: Tensor; e: Tensor; gradB: Tensor; gradE: Tensor; dOut: number; rank: number },
): Dispatch {
  return {
    kernel: {
      label: 'adalora finish',
      code: finishWgsl,
      constants: { WIDTH: rowThreads(device), DOUT: p.dOut, RANK4: p.rank / 4 },
    },
    bindings: [p.b, p.e, p.gradB, p.gradE],
    groups: () => [p.rank / 4, 1, 1],
    cpu: adaloraFinishCpu(p),
  };
}

/** slope = d(weight · ‖C − I‖_F)/dC, doubled for C = A Aᵀ; [rPad, rPad], of which rank count. */
export function orthogonality(
  device: Device,
  p: { cov: Tensor; slope: Tensor; rPad: number; rank: number; weight: number },
): Dispatch {
  return {
    kernel: {
      label: 'adalora orthogonality',
      code: compose(orthogonalityWgsl, { snippets: [snippets.rowReduce] }),
      constants: { WIDTH: rowThreads(device), RPAD: p.rPad, RANK: p.rank, WEIGHT: p.weight },
    },
    bindings: [p.cov, p.slope],
    groups: () => [1, 1, 1],
    cpu: orthogonalityCpu(p),
  };
}

/** Averages of |p · g| and of its deviation, of all parameters; `length` a multiple of 4. */
export function importance(
  _device: Device,
  p: { hyper: Tensor; norm: Tensor; params: Tensor; grads: Tensor; ipt: Tensor; unc: Tensor; length: number },
): Dispatch {
  const groups = Math.min(65535, Math.ceil(p.length / 4 / THREADS));
  return {
    kernel: {
      label: 'adalora importance',
      code: compose(importanceWgsl, { snippets: [hyperWgsl] }),
      constants: { LENGTH4: p.length / 4, STRIDE: groups * THREADS },
    },
    bindings: [p.hyper, p.norm, p.params, p.grads, p.ipt, p.unc],
    groups: () => [groups, 1, 1],
    cpu: importanceCpu(p),
  };
}

/** A tensor for each of a module's A, B and E. */
export interface Triple {
  a: Tensor;
  b: Tensor;
  e: Tensor;
}

/** scores[first + r] of a module's triplets. */
export function scores(
  device: Device,
  p: { ipt: Triple; unc: Triple; scores: Tensor; first: number; dIn: number; dOut: number; rPad: number; rank: number },
): Dispatch {
  return {
    kernel: {
      label: 'adalora scores',
      code: compose(scoresWgsl, { snippets: [snippets.rowReduce] }),
      constants: { WIDTH: rowThreads(device), RPAD: p.rPad, DIN: p.dIn, DOUT: p.dOut, FIRST: p.first },
    },
    bindings: [p.ipt.a, p.unc.a, p.ipt.b, p.unc.b, p.ipt.e, p.unc.e, p.scores],
    groups: () => [p.rank, 1, 1],
    cpu: scoresCpu(p),
  };
}

/**
 * Chooses which of all modules' triplets are kept, and sets the others' E to 0. `starts`: where each E lies, in floats.
 */
export function allocate(
  device: Device,
  p: { hyper: Tensor; scores: Tensor; starts: Tensor; kept: Tensor; params: Tensor; modules: number; rank: number },
): Dispatch {
  return {
    kernel: {
      label: 'adalora allocate',
      code: compose(allocateWgsl, { snippets: [hyperWgsl] }),
      constants: { WIDTH: sharing(device, 256), MODULES: p.modules, RANK: p.rank },
    },
    bindings: [p.hyper, p.scores, p.starts, p.kept, p.params],
    groups: () => [1, 1, 1],
    cpu: allocateCpu(p),
  };
}
