import type { Tensor } from '../../device/buffers';
import { type CpuFunction, once } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { STAT_AT } from '../gate/slots';

interface Mu {
  rows: RowCount;
  terms: { u: Tensor; z: Tensor; rank: number; scaling: number; extra?: Tensor };
  open: Tensor;
  stat: Tensor;
  mu: Tensor;
}

/** Rows of an item, as in mu.as.ts. */
const ROWS = 4;
/** Multiply-adds that are done before another thread is awake. */
const ALONE = 2 ** 17;

/** `muStats` on the CPU. One part of the sums takes them all. */
export function muStatsCpu({ rows, terms: { u, z, extra, rank, scaling }, open, stat, mu }: Mu): CpuFunction {
  const fixed = once((cpu) => {
    const [values, to] = [cpu.at(mu), cpu.at(stat)];
    const sums = [STAT_AT.mu, STAT_AT.helpful, STAT_AT.measured].map((word) => to + 4 * word);
    return { ofRows: [cpu.at(u), cpu.at(z), extra ? cpu.at(extra) : 0, values, rank, scaling], ofSums: [values, cpu.at(open), ...sums] };
  });
  return (cpu) => {
    const { rows: count } = cpu.dims(rows);
    const { ofRows, ofSums } = fixed(cpu);
    cpu.run('mu', Math.ceil(count / ROWS), [...ofRows, count], count * rank < ALONE);
    cpu.run('muSums', 1, [...ofSums, count]);
  };
}
