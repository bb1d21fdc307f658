import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { GATE_AT, RATIO_BINS, STAT_AT } from './slots';

/** Rows of an item, as in gate.as.ts. */
const ROWS = 4;

interface Ratios {
  rows: RowCount;
  size: { z: Tensor; gram: Tensor; rank: number; scaling: number } | { squares: Tensor };
  squares: { tensor: Tensor; parts: number };
  ratio: Tensor;
}

/** r of every row. */
export const gateRatiosCpu = ({ rows, size, squares, ratio }: Ratios): CpuFunction => (cpu) => {
  const { rows: count } = cpu.dims(rows);
  const [y2, r] = [cpu.at(squares.tensor), cpu.at(ratio)];
  if ('z' in size) {
    const [z, gram] = [cpu.at(size.z), cpu.at(size.gram)];
    cpu.run('gateRatios', Math.ceil(count / ROWS), [z, gram, y2, r, size.rank, squares.parts, size.scaling, count]);
  } else {
    cpu.run('gateRatiosOfSquares', count, [cpu.at(size.squares), y2, r, squares.parts]);
  }
};

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
export const gateListCpu = (p: Gate): CpuFunction => (cpu) => {
  const { rows } = cpu.dims(p.rows);
  const stat = cpu.at(p.stat);
  const tau = p.marked ? 0 : cpu.at(p.slot) + 4 * GATE_AT.tau;
  const [counts, histogram] = p.record ? [stat + 4 * STAT_AT.tokens, stat + 4 * STAT_AT.histogram] : [0, 0];
  cpu.run('gateList', 1, [cpu.at(p.ratio), tau, cpu.at(p.open), cpu.at(p.list), rows, counts, histogram, RATIO_BINS]);
};
