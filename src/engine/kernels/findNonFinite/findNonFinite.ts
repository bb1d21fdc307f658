import type { Tensor } from '../../device/buffers';
import type { Device } from '../../device/device';
import type { Dispatch } from '../../device/program';
import { findNonFiniteCpu } from './findNonFinite.cpu';
import wgsl from './findNonFinite.wgsl?raw';

/** Numbers a thread looks at, where there are enough. */
const PER_THREAD = 16;

/**
 * `flag[0]` = the smaller of itself and the first index below `length` at which `x` is NaN or infinite. `flag` is a
 * u32 [1] that the caller starts at 0xffffffff: "all finite".
 */
export function findNonFinite(_device: Device, p: { x: Tensor; length: number; flag: Tensor }): Dispatch {
  const groups = Math.min(65535, Math.ceil(p.length / (64 * PER_THREAD)));
  return {
    kernel: { label: 'findNonFinite', code: wgsl, constants: { LENGTH: p.length } },
    bindings: [p.x, p.flag],
    groups: () => [groups, 1, 1],
    cpu: findNonFiniteCpu(p),
  };
}
