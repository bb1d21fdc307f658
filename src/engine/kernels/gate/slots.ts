/**
 * Layout of what the gate keeps per adapted module of a run: two tensors (thresholds; statistics with the histogram
 * of r), each an array of slots, so that a kernel is given one module's slot by `Tensor.slice`. They must be two
 * buffers: WebGPU allows no buffer to be read and written in one dispatch, parts or not. The WGSL twin is slots.wgsl.
 */
import { ratioEdge } from '../../../shared/ratio';
import { RATIO_BINS } from '../../../shared/types';
import type { Tensor } from '../../device/buffers';

export { RATIO_BINS, ratioEdge };

/** Bytes of one GateSlot; allocate them with usage 'uniform'. */
export const SLOT_BYTES = 256;
/** Bytes of one StatSlot. */
export const STAT_BYTES = 512;
/** Workgroups that may share the sums of μ. */
export const MU_PARTS = 8;
/** Where a StatSlot's parts of the sums of μ, of the counts by its sign, and its histogram begin, in 32-bit words. */
const [MU_AT, HELPFUL_AT, HISTOGRAM_AT] = [8, 40, 64];

const sliceOf = (all: Tensor, index: number, bytes: number): Tensor => all.slice(`${all.label}[${index}]`, index * bytes, bytes);
/** The GateSlot, and the StatSlot, of module `index`. */
export const slotOf = (slots: Tensor, index: number): Tensor => sliceOf(slots, index, SLOT_BYTES);
export const statOf = (stats: Tensor, index: number): Tensor => sliceOf(stats, index, STAT_BYTES);

/** What one module's gate goes by; what each means is in slots.wgsl. */
export interface GateSlot {
  tau: number;
  m: number;
  v: number;
  updates: number;
  rho: number;
  step: number;
  share: number;
  correction: number;
  shift: number;
  steered: number;
}

/** A module at the start: its gate is open, and a random one keeps all. */
export const NEW_SLOT: Readonly<GateSlot> = { tau: 0, m: 0, v: 0, updates: 0, rho: 0, step: 0, share: 1, correction: 0, shift: 0, steered: 0 };

/** Sums of one module over the micro-batches of one optimizer step; what each means is in slots.wgsl. */
export interface StatSlot {
  tokens: number;
  active: number;
  muKept: number;
  muSkipped: number;
  disagreeMu: number;
  forwardRows: number;
  dxRows: number;
  gradRows: number;
  measured: number;
  keptHelpful: number;
  skippedHelpful: number;
  histogram: Uint32Array;
}

/** Calls `read` with the 32-bit words of each slot. */
function mapSlots<T>(bytes: ArrayBuffer, slotBytes: number, read: (f: Float32Array, u: Uint32Array) => T): T[] {
  return Array.from({ length: Math.floor(bytes.byteLength / slotBytes) }, (_, i) => {
    const part = [bytes, i * slotBytes, slotBytes / 4] as const;
    return read(new Float32Array(...part), new Uint32Array(...part));
  });
}

/** Reads thresholds as they came back from the GPU. */
export const readGateSlots = (bytes: ArrayBuffer): GateSlot[] =>
  mapSlots(bytes, SLOT_BYTES, (f, u) => ({
    tau: f[0], m: f[1], v: f[2], updates: u[3], rho: f[4], step: f[5], share: f[6], correction: f[7], shift: f[8], steered: u[9],
  }));

/** Slots as the GPU wants them; what is not given is as at the start. */
export function packGateSlots(slots: readonly Partial<GateSlot>[]): ArrayBuffer {
  const bytes = new ArrayBuffer(slots.length * SLOT_BYTES);
  slots.forEach((given, i) => {
    const s = { ...NEW_SLOT, ...given };
    new Float32Array(bytes, i * SLOT_BYTES, 9).set([s.tau, s.m, s.v, 0, s.rho, s.step, s.share, s.correction, s.shift]);
    const u = new Uint32Array(bytes, i * SLOT_BYTES, 10);
    u[3] = s.updates;
    u[9] = s.steered;
  });
  return bytes;
}

/** Reads statistics as they came back from the GPU. The parts of the sums of μ are added up in their order. */
export function readStatSlots(bytes: ArrayBuffer): StatSlot[] {
  return mapSlots(bytes, STAT_BYTES, (f, u) => {
    const mu = (which: number) => {
      let sum = 0;
      for (let part = 0; part < MU_PARTS; part++) sum += f[MU_AT + 4 * part + which];
      return sum;
    };
    const helpful = (which: number) => {
      let count = 0;
      for (let part = 0; part < MU_PARTS; part++) count += u[HELPFUL_AT + 2 * part + which];
      return count;
    };
    return {
      tokens: u[0], active: u[1], muKept: mu(0), muSkipped: mu(1), disagreeMu: mu(2),
      forwardRows: u[2], dxRows: u[3], gradRows: u[4], measured: u[5], keptHelpful: helpful(0), skippedHelpful: helpful(1), histogram: u.slice(HISTOGRAM_AT, HISTOGRAM_AT + RATIO_BINS),
    };
  });
}

/** Statistics as the GPU wants them. */
export function packStatSlots(slots: readonly StatSlot[]): ArrayBuffer {
  const bytes = new ArrayBuffer(slots.length * STAT_BYTES);
  slots.forEach((s, i) => {
    const u = new Uint32Array(bytes, i * STAT_BYTES, STAT_BYTES / 4);
    u.set([s.tokens, s.active, s.forwardRows, s.dxRows, s.gradRows, s.measured]);
    u.set([s.keptHelpful, s.skippedHelpful], HELPFUL_AT);
    u.set(s.histogram, HISTOGRAM_AT);
    new Float32Array(bytes, i * STAT_BYTES + 4 * MU_AT, 3).set([s.muKept, s.muSkipped, s.disagreeMu]);
  });
  return bytes;
}

/** Bin of a ratio r ≥ 0 (as f32): 4 per octave from 2⁻¹³, linear in the mantissa. */
export function ratioBin(r: number): number {
  const bits = new Uint32Array(Float32Array.of(r).buffer)[0];
  return Math.min(Math.max((bits >>> 21) - 456, 0), RATIO_BINS - 1);
}
