import type { Tensor } from '../device/buffers';
import type { Device } from '../device/device';
import type { ModuleParams } from './method';

/** What the low-rank products of one run need. */
export interface LowRank {
  device: Device;
  /** rank rounded up to a multiple of 4 */
  rPad: number;
  /** α/r */
  scaling: number;
  params: ModuleParams[];
  /** The flat buffer that all A and B are slices of. */
  flat: Tensor;
  /** Share of x that is dropped before A. */
  dropout: number;
  /** Share of tokens whose x is dropped whole. */
  tokenDropout: number;
  /** What the optimizer leaves: all gradients, as they were before clipping, and their norm. */
  optimizer: { grads: Tensor; norm: Tensor };
}
