/** The exact proximal step on the CPU: the sort and the step, module by module. */
import type { Tensor } from '../../device/buffers';
import type { Cpu, CpuFunction } from '../../device/cpu/cpu';
import { loadGateSlots, storeGateSlots } from '../gate/slots.cpu';

/** `ProximalHyper` in hyper.wgsl. */
export function loadHyper(cpu: Cpu, hyper: Tensor) {
  const [tokens, enabled] = cpu.u32(hyper);
  const [, , lambda, half] = cpu.f32(hyper);
  return { tokens, enabled: enabled !== 0, lambda, half };
}

/** Bits of a digit; an even number of digits, so that what is sorted lies where it lay. */
const [BITS, DIGITS] = [8, 4];
const VALUES = 1 << BITS;

/** Sorts the first `count` pairs by the bits of r, ascending; equal ones stay in their order. `other` is scratch. */
function sortPairs(pairs: Uint32Array, other: Uint32Array, count: number): void {
  const starts = new Uint32Array(VALUES);
  let [from, to] = [pairs, other];
  for (let shift = 0; shift < DIGITS * BITS; shift += BITS) {
    starts.fill(0);
    for (let at = 0; at < 2 * count; at += 2) starts[(from[at] >>> shift) % VALUES]++;
    for (let value = 0, sum = 0; value < VALUES; value++) {
      const number = starts[value];
      starts[value] = 2 * sum;
      sum += number;
    }
    for (let at = 0; at < 2 * count; at += 2) {
      const value = (from[at] >>> shift) % VALUES;
      const next = starts[value];
      to[next] = from[at];
      to[next + 1] = from[at + 1];
      starts[value] = next + 2;
    }
    [from, to] = [to, from];
  }
}

interface Pairs {
  hyper: Tensor;
  pairs: Tensor;
  modules: number;
  capacity: number;
}

export const sortPairsCpu =
  (p: Pairs & { other: Tensor }): CpuFunction =>
  (cpu) => {
    const { tokens, enabled } = loadHyper(cpu, p.hyper);
    if (!enabled) return;
    const [pairs, other] = [cpu.u32(p.pairs), cpu.u32(p.other)];
    for (let m = 0; m < p.modules; m++) {
      const own = [2 * m * p.capacity, 2 * (m + 1) * p.capacity] as const;
      sortPairs(pairs.subarray(...own), other.subarray(...own), Math.min(tokens, p.capacity));
    }
  };

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The smallest f32 above r; above 0 the smallest normal one, since a GPU may take smaller ones for 0. */
function nextUp(r: number): number {
  float[0] = r;
  bits[0] = Math.max(bits[0] + 1, 0x00800000);
  return float[0];
}

interface Candidate {
  objective: number;
  tau: number;
  away: number;
}

/** Least objective; among equal ones the nearest to tau, then the lowest. */
function better(a: Candidate, b: Candidate): boolean {
  if (a.objective !== b.objective) return a.objective < b.objective;
  if (a.away !== b.away) return a.away < b.away;
  return a.tau < b.tau;
}

interface TokenCosts {
  /** (r, μ) of `count` tokens, ascending by r. */
  pairs: Float32Array;
  count: number;
  tau: number;
  lambda: number;
  half: number;
}

/**
 * The proximal point of one module, see proximal.wgsl; null where a cost is not a number or the sum overflows. Sums are
 * f64, so that they do not go by the order in which tokens are added.
 */
function proximalPoint({ pairs, count, tau, lambda, half }: TokenCosts): number | null {
  const candidate = (at: number, kept: number): Candidate => {
    let to = tau;
    if (at < count && pairs[2 * at] < tau) to = pairs[2 * at];
    else if (at > 0 && pairs[2 * at - 2] >= tau) to = nextUp(pairs[2 * at - 2]);
    const away = Math.abs(to - tau);
    return { objective: kept + away * away * half, tau: to, away };
  };
  // Everything closed is one more boundary, behind the last token.
  let best = candidate(count, 0);
  let kept = 0;
  for (let i = count - 1; i >= 0; i--) {
    kept += pairs[2 * i + 1] + lambda;
    // Tokens of equal r open together.
    if (i > 0 && pairs[2 * i - 2] === pairs[2 * i]) continue;
    const here = candidate(i, kept);
    if (better(here, best)) best = here;
  }
  return Number.isFinite(Math.fround(kept)) ? best.tau : null;
}

export const proximalCpu =
  (p: Pairs & { slots: Tensor }): CpuFunction =>
  (cpu) => {
    const { tokens, enabled, lambda, half } = loadHyper(cpu, p.hyper);
    if (!enabled) return;
    const pairs = cpu.f32(p.pairs);
    const slots = loadGateSlots(cpu, p.slots, p.modules);
    slots.forEach((slot, m) => {
      const own = pairs.subarray(2 * m * p.capacity, 2 * (m + 1) * p.capacity);
      const point = proximalPoint({ pairs: own, count: Math.min(tokens, p.capacity), tau: slot.tau, lambda, half });
      // What overflowed teaches nothing: the threshold stands still, as A and B do.
      if (point === null) return;
      slot.tau = point;
      slot.updates++;
    });
    storeGateSlots(cpu, p.slots, slots);
  };
