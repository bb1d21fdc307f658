import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { Rows } from '../rows/rows';
import { rowsReader } from '../rows/rows.cpu';

/** Columns of a panel, as in lowRankGrad.as.ts. */
const PANEL = 8;
/** A range packs the narrow tensors for itself: so many panels are worth that. */
const LEAST_PANELS = 16;
/** Largest rank of which a block of rows fits a thread's scratch memory. */
const MAX_RANK = 512;

interface Grads {
  gradOut: Tensor;
  z: Tensor;
  x: Tensor;
  u: Tensor;
  gradB: Tensor;
  gradA: Tensor;
  dOut: number;
  dIn: number;
  rank: number;
  scaling: number;
  rows: Rows;
}

/** `lowRankGrad` on the CPU, as a whole. When run it throws an Error where the rank is too high. */
export function lowRankGradCpu(p: Grads): CpuFunction {
  const { rows, dOut, dIn, rank } = p;
  const panels = Math.ceil(dOut / PANEL) + Math.ceil(dIn / PANEL);
  const rowsNow = rowsReader(rows);
  const call = new Call('lowRankGrad', (cpu) => [
    ...[p.gradOut, p.z, p.x, p.u, p.gradB, p.gradA].map((t) => cpu.at(t)),
    dOut,
    dIn,
    rank,
    p.scaling,
  ]);
  return (cpu) => {
    if (rank > MAX_RANK) throw new Error(`low-rank gradients: rank ${rank} is more than ${MAX_RANK}`);
    const { list, rows: each, stride, count } = rowsNow(cpu);
    if (count > 0) call.run(cpu, panels, [list, each, stride, count], { alone: false, least: LEAST_PANELS });
  };
}
