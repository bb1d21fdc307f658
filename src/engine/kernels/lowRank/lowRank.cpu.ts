import type { Tensor } from '../../device/buffers';
import { Call, type Cpu, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { GATE_AT, RATIO_BINS, STAT_AT } from '../gate/slots';
import { FEW_ROWS, K_BLOCK, isThin, packsRows } from '../matmul/matmul.cpu';

/** Rows of an item, as in lowRank.as.ts. */
const ROWS = 32;
/** A range packs A and B for itself: so many items are worth that. */
const LEAST_ITEMS = 4;

/** A low-rank module: A [rank, dIn], B [dOut, rank], f32. */
export interface LowRankModule {
  rows: RowCount;
  a: Tensor;
  b: Tensor;
  rank: number;
  dIn: number;
  dOut: number;
  scaling: number;
}

export interface LowRankForward extends LowRankModule {
  /** [rows, dIn], [rows, rank] and [rows, dOut]. */
  x: Tensor;
  z: Tensor;
  y: Tensor;
  /** As `gate` takes them; absent: every row is open. */
  gate?: {
    gram: Tensor;
    rowNormSquared: { tensor: Tensor; parts: number };
    slot: Tensor;
    stat: Tensor;
    ratio: Tensor;
    open: Tensor;
    list: Tensor;
    record: boolean;
  };
}

export interface LowRankBackward extends LowRankModule {
  /** [rows, dOut], [rows, rank] and [rows, dIn]; `gradIn` null: nothing below needs it. */
  gradOut: Tensor;
  u: Tensor;
  gradIn: Tensor | null;
  /** As `muStats` takes them; absent: every row is open. */
  mu?: { z: Tensor; mu: Tensor; open: Tensor; stat: Tensor };
}

/** Whether such a module's products are those that lowRank.as.ts is made of. */
export const fitsOneCall = ({
  rows,
  rank,
  dIn,
  dOut,
}: Pick<LowRankModule, 'rows' | 'rank' | 'dIn' | 'dOut'>): boolean =>
  (rows.max === undefined || rows.max > FEW_ROWS) && isThin(dIn, rank) && isThin(dOut, rank);

/** Runs `rows` in one call; what takes all rows comes after it where several threads share them. */
function overItems({ rows }: LowRankModule, call: Call, end: Call | null): CpuFunction {
  return (cpu) => {
    const { rows: count } = cpu.dims(rows);
    const items = Math.ceil(count / ROWS);
    call.run(cpu, items, [count], { alone: false, least: LEAST_ITEMS });
    if (end && items > 1 && cpu.threads > 1) end.run(cpu, 1, [count], { alone: true });
  };
}

/** z = A x, the gate, and y += scaling · B z of the open rows. */
export function lowRankForwardCpu(p: LowRankForward): CpuFunction {
  const { gate: g } = p;
  const counts = (cpu: Cpu, stat: Tensor) =>
    g?.record ? [cpu.at(stat) + 4 * STAT_AT.tokens, cpu.at(stat) + 4 * STAT_AT.histogram] : [0, 0];
  const list = (cpu: Cpu) =>
    g
      ? [
          cpu.at(g.ratio),
          cpu.at(g.slot) + 4 * GATE_AT.tau,
          cpu.at(g.open),
          cpu.at(g.list),
          ...counts(cpu, g.stat),
          RATIO_BINS,
        ]
      : [0, 0, 0, 0, 0, 0, 0];
  const call = new Call('lowRankForward', (cpu) => [
    Number(packsRows(p.rank, p.dIn)),
    K_BLOCK,
    cpu.at(p.x),
    p.dIn,
    cpu.at(p.a),
    cpu.at(p.z),
    p.rank,
    cpu.at(p.b),
    cpu.at(p.y),
    p.dOut,
    p.scaling,
    ...(g ? [cpu.at(g.gram), cpu.at(g.rowNormSquared.tensor), g.rowNormSquared.parts] : [0, 0, 0]),
    ...list(cpu),
  ]);
  return overItems(p, call, g ? new Call('gateList', (cpu) => list(cpu)) : null);
}

/** u = Bᵀ g, μ and its sums, and gradIn += scaling · Aᵀ u of the open rows. */
export function lowRankBackwardCpu(p: LowRankBackward): CpuFunction {
  const { mu: m } = p;
  const words = [STAT_AT.mu, STAT_AT.helpful, STAT_AT.measured];
  const sums = (cpu: Cpu) => (m ? [cpu.at(m.mu), cpu.at(m.open), cpu.at(m.stat), ...words] : [0, 0, 0, ...words]);
  const call = new Call('lowRankBackward', (cpu) => [
    Number(packsRows(p.rank, p.dOut)),
    K_BLOCK,
    cpu.at(p.gradOut),
    p.dOut,
    cpu.at(p.b),
    cpu.at(p.u),
    p.rank,
    cpu.at(p.a),
    p.gradIn ? cpu.at(p.gradIn) : 0,
    p.dIn,
    p.scaling,
    m ? cpu.at(m.z) : 0,
    ...sums(cpu),
  ]);
  return overItems(p, call, m ? new Call('muSums', sums) : null);
}
