/** Global gradient norm of a run, and which of its steps this is; the clipping itself happens inside `adamw`. */
import type { Tensor } from '../device/buffers';
import type { Device } from '../device/device';
import type { Dispatch } from '../device/program';
import { sharing } from '../kernels/launch';
import { normCpu, squaresCpu } from './clip.cpu';
import normWgsl from './norm.wgsl?raw';
import squaresWgsl from './squares.wgsl?raw';

const CHUNK = 8192;

/** Bytes of `partial` for `length` gradients. */
export const gradNormPartialBytes = (length: number): number => 4 * Math.ceil(length / CHUNK);

export interface GradNormParams {
  grads: Tensor;
  length: number;
  /** Scratch of `gradNormPartialBytes`. */
  partial: Tensor;
  /** f32 [3], overwritten. */
  norm: Tensor;
  /** f32 [segments], Σ loss of each run in the pass. */
  losses: Tensor;
  segment: number;
  /** u32 [1], updated. */
  taken: Tensor;
  /** `biasCorrections` of as many steps as there may be. */
  corrections: Tensor;
}

/**
 * norm[0] = ‖grads‖₂ over a flat buffer of `length` f32 (a multiple of 4), always added up in the same order.
 * Inf or NaN when a gradient is, when the sum of squares overflows, or when losses[segment] is: gradients of a loss
 * that is not finite may be, and must not be learnt from either. A finite step is counted in `taken`, and norm[1] and
 * norm[2] get its bias corrections: one that is skipped is none of Adam's steps, as in PyTorch.
 */
export function gradNorm(device: Device, p: GradNormParams): Dispatch[] {
  const groups = Math.ceil(p.length / CHUNK);
  const width = sharing(device, 256);
  return [
    {
      kernel: {
        label: 'gradient squares',
        code: squaresWgsl,
        constants: { WIDTH: width, CHUNK4: CHUNK / 4, LENGTH4: p.length / 4 },
      },
      bindings: [p.grads, p.partial],
      groups: () => [groups, 1, 1],
      cpu: squaresCpu(p, CHUNK),
    },
    {
      kernel: { label: 'gradient norm', code: normWgsl, constants: { WIDTH: width, COUNT: groups } },
      bindings: [p.partial, p.norm, p.losses, p.taken, p.corrections],
      values: Uint32Array.of(p.segment, 0, 0, 0).buffer,
      groups: () => [1, 1, 1],
      cpu: normCpu(p, groups),
    },
  ];
}
