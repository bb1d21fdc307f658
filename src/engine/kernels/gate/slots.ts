/**
 * Layout of what the gate keeps per adapted module of a run: three tensors (thresholds, statistics,
 * histograms), each an array of 256-byte slots, so that a kernel is given one module's slot by `Tensor.slice`.
 * They must be three buffers: WebGPU allows no buffer to be read and written in one dispatch, parts or not.
 * The WGSL twin is slots.wgsl.
 */
import { ratioEdge } from '../../../shared/ratio';
import { RATIO_BINS } from '../../../shared/types';
import type { Tensor } from '../../gpu/buffers';

export { RATIO_BINS, ratioEdge };

/** Bytes of one GateSlot, StatSlot or histogram. */
export const SLOT_BYTES = 256;
/** The slot of module `index` in an array of slots. */
export const slotOf = (slots: Tensor, index: number): Tensor => slots.slice(`${slots.label}[${index}]`, index * SLOT_BYTES, SLOT_BYTES);

/** Threshold of one module with its moments. */
export interface GateSlot {
  tau: number;
  m: number;
  v: number;
  updates: number;
}

/** Sums of one module over the micro-batches of one optimizer step; what each means is in slots.wgsl. */
export interface StatSlot {
  tokens: number;
  active: number;
  muKept: number;
  muSkipped: number;
  disagreeMu: number;
  forwardRows: number;
  dxRows: number;
  backwardRows: number;
}

const slotCount = (bytes: ArrayBuffer) => Math.floor(bytes.byteLength / SLOT_BYTES);

/** Reads thresholds as they came back from the GPU. */
export function readGateSlots(bytes: ArrayBuffer): GateSlot[] {
  return Array.from({ length: slotCount(bytes) }, (_, i) => {
    const f = new Float32Array(bytes, i * SLOT_BYTES, 3);
    return { tau: f[0], m: f[1], v: f[2], updates: new Uint32Array(bytes, i * SLOT_BYTES, 4)[3] };
  });
}

/** Thresholds as the GPU wants them. */
export function packGateSlots(slots: readonly GateSlot[]): ArrayBuffer {
  const bytes = new ArrayBuffer(slots.length * SLOT_BYTES);
  slots.forEach((slot, i) => {
    new Float32Array(bytes, i * SLOT_BYTES, 3).set([slot.tau, slot.m, slot.v]);
    new Uint32Array(bytes, i * SLOT_BYTES, 4)[3] = slot.updates;
  });
  return bytes;
}

/** Reads statistics as they came back from the GPU. */
export function readStatSlots(bytes: ArrayBuffer): StatSlot[] {
  return Array.from({ length: slotCount(bytes) }, (_, i) => {
    const f = new Float32Array(bytes, i * SLOT_BYTES, 8);
    const u = new Uint32Array(bytes, i * SLOT_BYTES, 8);
    return {
      tokens: u[0], active: u[1], muKept: f[2], muSkipped: f[3], disagreeMu: f[4],
      forwardRows: u[5], dxRows: u[6], backwardRows: u[7],
    };
  });
}

/** Statistics as the GPU wants them. */
export function packStatSlots(slots: readonly StatSlot[]): ArrayBuffer {
  const bytes = new ArrayBuffer(slots.length * SLOT_BYTES);
  slots.forEach((s, i) => {
    const u = new Uint32Array(bytes, i * SLOT_BYTES, 8);
    u.set([s.tokens, s.active, 0, 0, 0, s.forwardRows, s.dxRows, s.backwardRows]);
    new Float32Array(bytes, i * SLOT_BYTES + 8, 3).set([s.muKept, s.muSkipped, s.disagreeMu]);
  });
  return bytes;
}

/** Bin of a ratio r ≥ 0 (as f32): 4 per octave from 2⁻¹³, linear in the mantissa. */
export function ratioBin(r: number): number {
  const bits = new Uint32Array(Float32Array.of(r).buffer)[0];
  return Math.min(Math.max((bits >>> 21) - 456, 0), RATIO_BINS - 1);
}

/** Median of r from a histogram, linear inside the bin; 0 when it is empty. */
export function medianRatio(counts: ArrayLike<number>): number {
  let total = 0;
  for (let b = 0; b < RATIO_BINS; b++) total += counts[b];
  if (total === 0) return 0;
  let before = 0;
  for (let b = 0; b < RATIO_BINS; b++) {
    if (2 * (before + counts[b]) >= total) {
      return ratioEdge(b) + (ratioEdge(b + 1) - ratioEdge(b)) * (total / 2 - before) / counts[b];
    }
    before += counts[b];
  }
  return ratioEdge(RATIO_BINS);
}
