/** Gate slots and statistics on the CPU, by gate/slots.ts: those of a few hundred modules, once per step. */
import type { Tensor } from '../../device/buffers';
import type { Cpu } from '../../device/cpu/cpu';
import {
  type GateSlot, SLOT_BYTES, STAT_BYTES, type StatSlot, packGateSlots, readGateSlots, readStatSlots,
} from '../gate/slots';

const bytesOf = (cpu: Cpu, tensor: Tensor, bytes: number): ArrayBuffer =>
  cpu.u32(tensor).slice(0, bytes / 4).buffer;

/** Copies of the first `modules` slots. */
export const loadGateSlots = (cpu: Cpu, slots: Tensor, modules: number): GateSlot[] =>
  readGateSlots(bytesOf(cpu, slots, modules * SLOT_BYTES));

/** Copies of the first `modules` statistics. */
export const loadStatSlots = (cpu: Cpu, stats: Tensor, modules: number): StatSlot[] =>
  readStatSlots(bytesOf(cpu, stats, modules * STAT_BYTES));

/** Writes slots back, from the first on; numbers become f32. */
export const storeGateSlots = (cpu: Cpu, to: Tensor, slots: readonly GateSlot[]): void =>
  cpu.u32(to).set(new Uint32Array(packGateSlots(slots)));
