import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { GATE_AT, STAT_AT, ratioBinOfBits } from './slots';

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
  const tau = cpu.f32(p.slot)[GATE_AT.tau];
  const [ratio, open, list] = [cpu.f32(p.ratio), cpu.u32(p.open), cpu.u32(p.list)];
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const kept = p.marked ? open[row] !== 0 : ratio[row] >= tau;
    open[row] = Number(kept);
    if (kept) list[++count] = row;
  }
  list[0] = count;
  if (!p.record) return;
  const [bits, stat] = [cpu.u32(p.ratio), cpu.u32(p.stat)];
  for (let row = 0; row < rows; row++) stat[STAT_AT.histogram + ratioBinOfBits(bits[row])]++;
  stat[STAT_AT.tokens] += rows;
  for (const at of [STAT_AT.active, STAT_AT.forwardRows, STAT_AT.dxRows, STAT_AT.gradRows]) stat[at] += count;
};
