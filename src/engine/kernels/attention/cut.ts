/**
 * How the attention kernels are cut: what a thread owns (see team.wgsl), and which dispatches a long pass is split
 * into.
 */
import type { Device } from '../../device/device';
import type { RowCount } from '../../device/program';
import { macsOfDispatch } from '../../device/watchdog';

/** Threads of a workgroup. */
export const THREADS = 64;
/**
 * What one thread keeps in registers, in floats: past these a larger tile costs more in spilling than it saves in
 * loads.
 */
const FLOATS = 192;

/** Vectors a thread owns. */
export type OwnRows = 1 | 2 | 4;

/**
 * How many a thread owns in a kernel that keeps `arrays` vectors of `headDim` for each of them, `own` of them a row and
 * key head. A pass known to have few rows, as decoding does, leaves no more of a thread idle than it must.
 */
export function ownRows(rows: RowCount, headDim: number, arrays: number, own: number): OwnRows {
  const wanted = FLOATS / (arrays * headDim);
  const needed = ((rows.max ?? Infinity) * own) / THREADS;
  const fitting = ([4, 2, 1] as const).find((r) => r <= wanted) ?? 1;
  const enough = ([1, 2, 4] as const).find((r) => r >= needed) ?? 4;
  return fitting < enough ? fitting : enough;
}

/** Share of the rows that does a share of the work. */
const CUTS = {
  rising: (share: number) => Math.sqrt(share),
  falling: (share: number) => 1 - Math.sqrt(1 - share),
  even: (share: number) => share,
};

/** Of a product's rate, what attention can be trusted with. */
const SHARE = 0.5;

/**
 * First workgroups of the dispatches that a pass of up to `rows` rows is split into, so that none takes too long even
 * when all are one sequence. Row i then does work ∝ i, ∝ rows − i, or the same: the first two's cuts follow a root.
 */
export function cuts(
  device: Device,
  rows: number,
  { rowsPerGroup, macsPerPair, work }: { rowsPerGroup: number; macsPerPair: number; work: keyof typeof CUTS },
): number[] {
  const pairs = (rows * rows) / (work === 'even' ? 1 : 2);
  const parts = Math.max(1, Math.ceil((pairs * macsPerPair) / macsOfDispatch(device, SHARE)));
  const groups = rows / rowsPerGroup;
  return [...new Set(Array.from({ length: parts }, (_, i) => Math.round(groups * CUTS[work](i / parts))))];
}
