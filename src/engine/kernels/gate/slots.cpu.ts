/** Gate slots and statistics on the CPU, by slots.ts: those of a few hundred modules, once per step. */
import type { Tensor } from '../../device/buffers';
import type { Cpu } from '../../device/cpu/cpu';
import {
  type GateSlot,
  RATIO_BINS,
  SLOT_BYTES,
  STAT_BYTES,
  type StatSlot,
  packGateSlots,
  ratioEdge,
  readGateSlots,
  readStatSlots,
} from './slots';

const bytesOf = (cpu: Cpu, tensor: Tensor, bytes: number): ArrayBuffer => cpu.u32(tensor).slice(0, bytes / 4).buffer;

/** Copies of the first `modules` slots. */
export const loadGateSlots = (cpu: Cpu, slots: Tensor, modules: number): GateSlot[] =>
  readGateSlots(bytesOf(cpu, slots, modules * SLOT_BYTES));

/** Copies of the first `modules` statistics. */
export const loadStatSlots = (cpu: Cpu, stats: Tensor, modules: number): StatSlot[] =>
  readStatSlots(bytesOf(cpu, stats, modules * STAT_BYTES));

/** Writes slots back, from the first on; numbers become f32. */
export const storeGateSlots = (cpu: Cpu, to: Tensor, slots: readonly GateSlot[]): void =>
  cpu.u32(to).set(new Uint32Array(packGateSlots(slots)));

/** `ratioEdge` of every bin, and the upper edge of the last. */
export const RATIO_EDGES: readonly number[] = Array.from({ length: RATIO_BINS + 1 }, (_, bin) => ratioEdge(bin));

/** `ratioBin` for loops: it makes no arrays. */
export function binOf(r: number): number {
  let [low, high] = [0, RATIO_BINS - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (RATIO_EDGES[middle] <= r) low = middle;
    else high = middle - 1;
  }
  return low;
}
