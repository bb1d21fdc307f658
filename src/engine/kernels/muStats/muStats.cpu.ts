import type { Tensor } from '../../device/buffers';
import { Call, type Cpu, type CpuFunction } from '../../device/cpu/cpu';
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
  const ofRows = (cpu: Cpu) => [cpu.at(u), cpu.at(z), extra ? cpu.at(extra) : 0, cpu.at(mu), rank, scaling];
  const ofSums = (cpu: Cpu) => [open, stat].map((t) => cpu.at(t));
  const words = [STAT_AT.mu, STAT_AT.helpful, STAT_AT.measured];
  const both = new Call('muStats', (cpu) => [...ofRows(cpu), ...ofSums(cpu), ...words]);
  const values = new Call('mu', ofRows);
  const sums = new Call('muSums', (cpu) => [cpu.at(mu), ...ofSums(cpu), ...words]);
  return (cpu) => {
    const { rows: count } = cpu.dims(rows);
    if (count * rank < ALONE) return both.run(cpu, 1, [count]);
    values.run(cpu, Math.ceil(count / ROWS), [count]);
    sums.run(cpu, 1, [count]);
  };
}
