import type { Tensor } from '../../device/buffers';
import { Call, type Cpu, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { GATE_AT, RATIO_BINS, STAT_AT } from './slots';

/** Rows of an item, as in gate.as.ts. */
const ROWS = 4;
/** Multiply-adds that are done before another thread is awake. */
const ALONE = 2 ** 17;

interface Ratios {
  rows: RowCount;
  size: { z: Tensor; gram: Tensor; rank: number; scaling: number } | { rowNormSquared: Tensor };
  rowNormSquared: { tensor: Tensor; parts: number };
  ratio: Tensor;
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

const ratioArguments =
  ({ size, rowNormSquared, ratio }: Ratios) =>
  (cpu: Cpu) => {
    const [y2, r] = [cpu.at(rowNormSquared.tensor), cpu.at(ratio)];
    if (!('z' in size)) return [cpu.at(size.rowNormSquared), y2, r, rowNormSquared.parts];
    return [cpu.at(size.z), cpu.at(size.gram), y2, r, size.rank, rowNormSquared.parts, size.scaling];
  };

const listArguments = (p: Gate) => (cpu: Cpu) => {
  const [slot, stat] = [cpu.at(p.slot), cpu.at(p.stat)];
  const counts = p.record ? [stat + 4 * STAT_AT.tokens, stat + 4 * STAT_AT.histogram] : [0, 0];
  return [p.marked ? 0 : slot + 4 * GATE_AT.tau, cpu.at(p.open), cpu.at(p.list), ...counts, RATIO_BINS];
};

/** r of every row. */
export function gateRatiosCpu(p: Ratios): CpuFunction {
  const call = new Call('z' in p.size ? 'gateRatios' : 'gateRatiosOfSquares', ratioArguments(p));
  return (cpu) => {
    const { rows } = cpu.dims(p.rows);
    call.run(cpu, Math.ceil(rows / ROWS), [rows]);
  };
}

/**
 * S of every row, the list of open rows and the statistics. Products over open rows compute exactly those on the CPU,
 * so the rows of all three are the open ones.
 */
export function gateListCpu(p: Gate): CpuFunction {
  const call = new Call('gateList', (cpu) => [cpu.at(p.ratio), ...listArguments(p)(cpu)]);
  return (cpu) => call.run(cpu, 1, [cpu.dims(p.rows).rows]);
}

/** Both, in one call where the rows are few. */
export function gateCpu(p: Ratios & Gate): CpuFunction {
  const { size } = p;
  const [ratios, list] = [gateRatiosCpu(p), gateListCpu(p)];
  const both = new Call('gate', (cpu) => [...ratioArguments(p)(cpu), ...listArguments(p)(cpu)]);
  return (cpu, counts) => {
    const { rows } = cpu.dims(p.rows);
    if ('z' in size && rows * size.rank ** 2 < ALONE) return both.run(cpu, 1, [rows]);
    ratios(cpu, counts);
    list(cpu, counts);
  };
}
