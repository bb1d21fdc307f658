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
/** Where the parts of a GateSlot lie, in 32-bit words; the places of slots.wgsl. */
export const GATE_AT = {
  tau: 0,
  m: 1,
  v: 2,
  updates: 3,
  rho: 4,
  step: 5,
  share: 6,
  correction: 7,
  shift: 8,
  steered: 9,
} as const;
/** The same of a StatSlot; `mu` and `helpful` begin there, four and two words a part. */
export const STAT_AT = {
  tokens: 0,
  active: 1,
  forwardRows: 2,
  dxRows: 3,
  gradRows: 4,
  measured: 5,
  mu: 8,
  helpful: 40,
  histogram: 64,
} as const;

const sliceOf = (all: Tensor, index: number, bytes: number): Tensor =>
  all.slice(`${all.label}[${index}]`, index * bytes, bytes);
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
export const NEW_SLOT: Readonly<GateSlot> = {
  tau: 0,
  m: 0,
  v: 0,
  updates: 0,
  rho: 0,
  step: 0,
  share: 1,
  correction: 0,
  shift: 0,
  steered: 0,
};

/** Sums of one module over the micro-batches of one optimizer step; what each means is in slots.wgsl. */
export interface StatSlot {
  tokens: number;
  active: number;
  muActive: number;
  muSkipped: number;
  disagreeMu: number;
  ownSum: number;
  forwardRows: number;
  dxRows: number;
  gradRows: number;
  measured: number;
  activeHelpful: number;
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
    tau: f[GATE_AT.tau],
    m: f[GATE_AT.m],
    v: f[GATE_AT.v],
    updates: u[GATE_AT.updates],
    rho: f[GATE_AT.rho],
    step: f[GATE_AT.step],
    share: f[GATE_AT.share],
    correction: f[GATE_AT.correction],
    shift: f[GATE_AT.shift],
    steered: u[GATE_AT.steered],
  }));

/** Slots as the GPU wants them; what is not given is as at the start. */
export function packGateSlots(slots: readonly Partial<GateSlot>[]): ArrayBuffer {
  const bytes = new ArrayBuffer(slots.length * SLOT_BYTES);
  slots.forEach((given, i) => {
    const s = { ...NEW_SLOT, ...given };
    new Float32Array(bytes, i * SLOT_BYTES, 9).set([s.tau, s.m, s.v, 0, s.rho, s.step, s.share, s.correction, s.shift]);
    const u = new Uint32Array(bytes, i * SLOT_BYTES, 10);
    u[GATE_AT.updates] = s.updates;
    u[GATE_AT.steered] = s.steered;
  });
  return bytes;
}

/** Reads statistics as they came back from the GPU. The parts of the sums of μ are added up in their order. */
export function readStatSlots(bytes: ArrayBuffer): StatSlot[] {
  return mapSlots(bytes, STAT_BYTES, (f, u) => {
    const mu = (which: number) => {
      let sum = 0;
      for (let part = 0; part < MU_PARTS; part++) sum += f[STAT_AT.mu + 4 * part + which];
      return sum;
    };
    const helpful = (which: number) => {
      let count = 0;
      for (let part = 0; part < MU_PARTS; part++) count += u[STAT_AT.helpful + 2 * part + which];
      return count;
    };
    return {
      tokens: u[STAT_AT.tokens],
      active: u[STAT_AT.active],
      muActive: mu(0),
      muSkipped: mu(1),
      disagreeMu: mu(2),
      ownSum: mu(3),
      forwardRows: u[STAT_AT.forwardRows],
      dxRows: u[STAT_AT.dxRows],
      gradRows: u[STAT_AT.gradRows],
      measured: u[STAT_AT.measured],
      activeHelpful: helpful(0),
      skippedHelpful: helpful(1),
      histogram: u.slice(STAT_AT.histogram, STAT_AT.histogram + RATIO_BINS),
    };
  });
}

/** Statistics as the GPU wants them. */
export function packStatSlots(slots: readonly StatSlot[]): ArrayBuffer {
  const bytes = new ArrayBuffer(slots.length * STAT_BYTES);
  slots.forEach((s, i) => {
    const u = new Uint32Array(bytes, i * STAT_BYTES, STAT_BYTES / 4);
    u.set([s.tokens, s.active, s.forwardRows, s.dxRows, s.gradRows, s.measured]);
    u.set([s.activeHelpful, s.skippedHelpful], STAT_AT.helpful);
    u.set(s.histogram, STAT_AT.histogram);
    new Float32Array(bytes, i * STAT_BYTES + 4 * STAT_AT.mu, 4).set([s.muActive, s.muSkipped, s.disagreeMu, s.ownSum]);
  });
  return bytes;
}

/** Bin of a ratio r ≥ 0 (as f32): 4 per octave from 2⁻¹³, linear in the mantissa. */
export const ratioBin = (r: number): number => ratioBinOfBits(new Uint32Array(Float32Array.of(r).buffer)[0]);
/** The same from the bits of r. */
const ratioBinOfBits = (bits: number): number => Math.min(Math.max((bits >>> 21) - 456, 0), RATIO_BINS - 1);
