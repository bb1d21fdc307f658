import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';

interface Gram {
  table: Tensor;
  modules: number;
  params: Tensor;
  out: Tensor;
  rank: number;
  /** Bytes from one matrix to the next. */
  stride: number;
}

/** `gram` on the CPU. */
export const gramCpu =
  (p: Gram): CpuFunction =>
  (cpu) => {
    cpu.run('gram', p.modules * (p.rank / 4), [cpu.at(p.table), cpu.at(p.params), cpu.at(p.out), p.rank, p.stride]);
  };
