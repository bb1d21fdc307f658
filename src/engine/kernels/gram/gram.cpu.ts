import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';

/** `gram` on the CPU; `stride`: bytes from one matrix to the next. */
export const gramCpu = (p: { table: Tensor; modules: number; params: Tensor; out: Tensor; rank: number; stride: number }): CpuFunction => (cpu) => {
  cpu.run('gram', p.modules * (p.rank / 4), [cpu.at(p.table), cpu.at(p.params), cpu.at(p.out), p.rank, p.stride]);
};
