import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { STAT_AT } from '../gate/slots';

interface Mu {
  rows: RowCount;
  terms: { u: Tensor; z: Tensor; rank: number; scaling: number; extra?: Tensor };
  open: Tensor;
  stat: Tensor;
  mu: Tensor;
}

/** `muStats` on the CPU. One part of the sums takes them all. */
export const muStatsCpu = ({ rows, terms, open, stat, mu }: Mu): CpuFunction => (cpu) => {
  const { rows: count } = cpu.dims(rows);
  const { u, z, extra, rank, scaling } = terms;
  cpu.run('mu', count, [cpu.at(u), cpu.at(z), extra ? cpu.at(extra) : 0, cpu.at(mu), rank, scaling]);
  const [values, kept] = [cpu.f32(mu), cpu.u32(open)];
  const sums = { kept: 0, skipped: 0, disagree: 0 };
  const helpful = { kept: 0, skipped: 0 };
  for (let row = 0; row < count; row++) {
    const value = values[row];
    const which = kept[row] !== 0 ? 'kept' : 'skipped';
    sums[which] += value;
    if ((value >= 0) === (which === 'kept')) sums.disagree += value;
    if (value < 0) helpful[which]++;
  }
  const [f, n] = [cpu.f32(stat), cpu.u32(stat)];
  [sums.kept, sums.skipped, sums.disagree].forEach((sum, i) => { f[STAT_AT.mu + i] += sum; });
  [helpful.kept, helpful.skipped].forEach((of, i) => { n[STAT_AT.helpful + i] += of; });
  n[STAT_AT.measured] += count;
};
