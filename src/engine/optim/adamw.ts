/** AdamW with clipping by the global norm, over the flat buffers of a run's A and B. */
import type { TrainConfig } from '../../shared/config';
import type { Tensor } from '../device/buffers';
import type { Device } from '../device/device';
import type { Dispatch } from '../device/program';
import { adamwCpu } from './adamw.cpu';
import wgsl from './adamw.wgsl?raw';

/** Bytes of the hyper uniform; allocate it with usage 'uniform'. */
export const ADAMW_HYPER_BYTES = 32;
const THREADS = 64;
/** Parameters that share an entry of `rates`: as many as lie in one aligned slice of a buffer. */
export const RATE_SPAN = 64;
/** Bytes of `rates` for `length` parameters. */
export const ratesBytes = (length: number): number => 4 * Math.ceil(length / RATE_SPAN);

/** The hyper uniform of a step at learning rate `lr`. */
export function packAdamwHyper(
  train: Pick<TrainConfig, 'beta1' | 'beta2' | 'epsilon' | 'weightDecay' | 'maxGradientNorm'>,
  lr: number,
): Float32Array<ArrayBuffer> {
  return Float32Array.of(lr, 1 - train.beta1, 1 - train.beta2, train.epsilon, train.weightDecay, train.maxGradientNorm);
}

/**
 * 1 − beta1^t and 1 − beta2^t for t = 1 … `steps` (and one more where that is odd: a buffer's size is a multiple of
 * 16), pair by pair. Made in f64: in f32 the first would lose four digits.
 */
export const biasCorrections = (
  { beta1, beta2 }: Pick<TrainConfig, 'beta1' | 'beta2'>,
  steps: number,
): Float32Array<ArrayBuffer> =>
  Float32Array.from(
    { length: 4 * Math.ceil(steps / 2) },
    (_, i) => 1 - (i % 2 === 0 ? beta1 : beta2) ** (1 + Math.floor(i / 2)),
  );

export interface AdamwParams {
  /** f32 [length], updated. */
  params: Tensor;
  grads: Tensor;
  /** First and second moments, updated. */
  m: Tensor;
  v: Tensor;
  /** `gradNorm`'s result: the norm and both bias corrections. When the norm is not finite nothing is changed. */
  norm: Tensor;
  /** `packAdamwHyper`. */
  hyper: Tensor;
  /** f32: a factor of the learning rate for every `RATE_SPAN` parameters. */
  rates: Tensor;
  /** A multiple of 4. */
  length: number;
}

/** One AdamW step with torch's semantics (decoupled decay) and torch's `clip_grad_norm_`. */
export function adamw(_device: Device, p: AdamwParams): Dispatch {
  const groups = Math.min(65535, Math.ceil(p.length / 4 / THREADS));
  return {
    kernel: { label: 'adamw', code: wgsl, constants: { THREADS, LENGTH4: p.length / 4, STRIDE: groups * THREADS } },
    bindings: [p.hyper, p.norm, p.grads, p.params, p.m, p.v, p.rates],
    groups: () => [groups, 1, 1],
    cpu: adamwCpu(p, RATE_SPAN),
  };
}
