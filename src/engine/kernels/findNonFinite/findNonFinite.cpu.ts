import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';

/** `findNonFinite` on the CPU. */
export const findNonFiniteCpu =
  (p: { x: Tensor; length: number; flag: Tensor }): CpuFunction =>
  (cpu) => {
    const [x, flag] = [cpu.u32(p.x), cpu.u32(p.flag)];
    const end = Math.min(p.length, flag[0]);
    for (let i = 0; i < end; i++) {
      if ((x[i] & 0x7f800000) === 0x7f800000) {
        flag[0] = i;
        return;
      }
    }
  };
