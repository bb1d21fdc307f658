/** How the attention kernels are cut: what a thread owns (see team.wgsl), and which dispatches a long pass is split into. */
import { type Device, hasQuads } from '../../device/device';
import type { RowCount } from '../../device/program';
import { macsOfDispatch } from '../../device/watchdog';

export interface AttentionTile {
  /** Threads of a workgroup, and of a team that meets the same columns at the same time. */
  threads: number;
  lanes: number;
  /** Vectors a thread owns: 1, 2 or 4. */
  rows: number;
  /** The lanes of a team, four of them, are a quad of a subgroup and share their loads. */
  quad: boolean;
}

/** What one thread keeps in registers, in floats: past these a larger tile costs more in spilling than it saves in loads. */
const FLOATS = { software: 512, gpu: 192 };

/**
 * The tile for a kernel that keeps `arrays` vectors of `headDim` for each row it owns, `own` of them a row and key head.
 * A software adapter pays for loads, so it wants many rows a thread and loads shared over a quad; and workgroups of one
 * subgroup, since neighbours differ in work and every other one goes to the same core. A pass known to have few rows, as
 * decoding does, leaves no more of a thread idle than it must.
 */
export function attentionTile(device: Device, rows: RowCount, headDim: number, arrays: number, own: number): AttentionTile {
  const { software, subgroupSize } = device.info;
  const [threads, lanes] = software ? [subgroupSize?.[1] ?? 4, 4] : [64, 64];
  const wanted = (software ? FLOATS.software : FLOATS.gpu) / (arrays * headDim);
  const needed = ((rows.max ?? Infinity) * own) / lanes;
  const fitting = [4, 2, 1].find((r) => r <= wanted) ?? 1;
  const enough = [1, 2, 4].find((r) => r >= needed) ?? 4;
  return { threads, lanes, rows: Math.min(fitting, enough), quad: software && hasQuads(device) };
}

/** Of a product's rate, what attention can be trusted with. */
const SHARE = 0.5;

/**
 * First workgroups of the dispatches that a pass of up to `rows` rows is split into, so that none takes too long even
 * when all are one sequence. Row i then does work ∝ i, or, `falling`, ∝ rows − i: cuts of equal work follow a root.
 */
export function cuts(device: Device, rows: number, rowsPerGroup: number, macsPerPair: number, falling: boolean): number[] {
  const parts = Math.max(1, Math.ceil((((rows * rows) / 2) * macsPerPair) / macsOfDispatch(device, SHARE)));
  const groups = rows / rowsPerGroup;
  const cut = (i: number) => Math.round(groups * (falling ? 1 - Math.sqrt(1 - i / parts) : Math.sqrt(i / parts)));
  return [...new Set(Array.from({ length: parts }, (_, i) => cut(i)))];
}
