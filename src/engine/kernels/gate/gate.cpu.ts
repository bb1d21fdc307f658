import type { Tensor } from '../../device/buffers';
import { type CpuFunction, once } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { GATE_AT, RATIO_BINS, STAT_AT } from './slots';

/** Rows of an item, as in gate.as.ts. */
const ROWS = 4;
/** Multiply-adds that are done before another thread is awake. */
const ALONE = 2 ** 17;

interface Ratios {
  rows: RowCount;
  size: { z: Tensor; gram: Tensor; rank: number; scaling: number } | { squares: Tensor };
  squares: { tensor: Tensor; parts: number };
  ratio: Tensor;
}

/** r of every row. */
export function gateRatiosCpu({ rows, size, squares, ratio }: Ratios): CpuFunction {
  const fixed = once((cpu) => {
    const [y2, r] = [cpu.at(squares.tensor), cpu.at(ratio)];
    if (!('z' in size)) return [cpu.at(size.squares), y2, r, squares.parts];
    return [cpu.at(size.z), cpu.at(size.gram), y2, r, size.rank, squares.parts, size.scaling];
  });
  return (cpu) => {
    const { rows: count } = cpu.dims(rows);
    const [name, work] = 'z' in size ? ['gateRatios', size.rank ** 2] : ['gateRatiosOfSquares', 1];
    cpu.run(name, Math.ceil(count / ROWS), [...fixed(cpu), count], count * work < ALONE);
  };
}

interface Gate {
  rows: RowCount;
  slot: Tensor;
  ratio: Tensor;
  open: Tensor;
  list: Tensor;
  stat: Tensor;
  record: boolean;
  /** Whether `open` says already which rows to keep. */
  marked: boolean;
}

/**
 * S of every row, the list of open rows and the statistics. Products over open rows compute exactly those on the CPU,
 * so the rows of all three are the open ones.
 */
export function gateListCpu(p: Gate): CpuFunction {
  const fixed = once((cpu) => {
    const [slot, stat] = [cpu.at(p.slot), cpu.at(p.stat)];
    const counts = p.record ? [stat + 4 * STAT_AT.tokens, stat + 4 * STAT_AT.histogram] : [0, 0];
    return [cpu.at(p.ratio), p.marked ? 0 : slot + 4 * GATE_AT.tau, cpu.at(p.open), cpu.at(p.list), ...counts, RATIO_BINS];
  });
  return (cpu) => cpu.run('gateList', 1, [...fixed(cpu), cpu.dims(p.rows).rows]);
}

/** Both. */
export function gateCpu(p: Ratios & Gate): CpuFunction {
  const [ratios, list] = [gateRatiosCpu(p), gateListCpu(p)];
  return (cpu, counts) => {
    ratios(cpu, counts);
    list(cpu, counts);
  };
}
