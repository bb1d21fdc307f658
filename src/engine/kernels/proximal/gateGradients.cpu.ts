/** What the proximal steps are fed with, and the averaged step, on the CPU. */
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { PassKind } from '../../device/dims';
import type { RowCount } from '../../device/program';
import { RATIO_BINS } from '../gate/slots';
import { RATIO_EDGES, binOf, loadGateSlots, loadStatSlots, storeGateSlots } from '../gate/slots.cpu';
import { loadHyper } from './proximal.cpu';

interface GateGradients {
  rows: RowCount;
  ratio: Tensor;
  mu: Tensor;
  kind: PassKind;
}

export const storeGateGradientsCpu =
  (p: GateGradients & { pairs: Tensor }): CpuFunction =>
  (cpu) => {
    const { rows, kind, first } = cpu.dims(p.rows);
    if (kind !== p.kind) return;
    const [ratio, mu, pairs] = [p.ratio, p.mu, p.pairs].map((t) => cpu.u32(t));
    for (let row = 0, at = 2 * first; row < rows; row++) {
      pairs[at++] = ratio[row];
      pairs[at++] = mu[row];
    }
  };

export const binGateGradientsCpu =
  (p: GateGradients & { sums: Tensor }): CpuFunction =>
  (cpu) => {
    const { rows, kind } = cpu.dims(p.rows);
    if (kind !== p.kind) return;
    const [ratio, mu, sums] = [p.ratio, p.mu, p.sums].map((t) => cpu.f32(t));
    const parts = new Float64Array(RATIO_BINS);
    for (let row = 0; row < rows; row++) parts[binOf(ratio[row])] += mu[row];
    for (let bin = 0; bin < RATIO_BINS; bin++) sums[bin] += parts[bin];
  };

/** What an average keeps of what it was. */
const KEEP = Math.fround(0.9);

interface Averaged {
  hyper: Tensor;
  sums: Tensor;
  stats: Tensor;
  average: Tensor;
  slots: Tensor;
  modules: number;
}

export const averagedCpu =
  (p: Averaged): CpuFunction =>
  (cpu) => {
    const { enabled, lambda, half } = loadHyper(cpu, p.hyper);
    if (!enabled) return;
    const slots = loadGateSlots(cpu, p.slots, p.modules);
    const stats = loadStatSlots(cpu, p.stats, p.modules);
    slots.forEach((slot, m) => {
      const { tau, updates } = slot;
      const sums = cpu.f32(p.sums).subarray(m * RATIO_BINS, (m + 1) * RATIO_BINS);
      // A sum that overflowed teaches nothing: the threshold stands still, as A and B do.
      if (!Number.isFinite(Math.fround(sums.reduce((all, sum) => all + Math.abs(sum), 0)))) return;
      const mu = cpu.f32(p.average).subarray(2 * m * RATIO_BINS, (2 * m + 1) * RATIO_BINS);
      const counts = cpu.f32(p.average).subarray((2 * m + 1) * RATIO_BINS, (2 * m + 2) * RATIO_BINS);
      const old = updates === 0 ? 0 : KEEP;
      let best = RATIO_EDGES[RATIO_BINS];
      let least = (best - tau) ** 2 * half;
      let kept = 0;
      // From the highest edge down: of two that are as near, the later is the lower.
      for (let bin = RATIO_BINS - 1; bin >= 0; bin--) {
        mu[bin] = old * mu[bin] + (1 - old) * sums[bin];
        counts[bin] = old * counts[bin] + (1 - old) * stats[m].histogram[bin];
        kept += mu[bin] + lambda * counts[bin];
        const objective = kept + (RATIO_EDGES[bin] - tau) ** 2 * half;
        if (objective < least || (objective === least && Math.abs(RATIO_EDGES[bin] - tau) <= Math.abs(best - tau))) {
          least = objective;
          best = RATIO_EDGES[bin];
        }
      }
      slot.tau = best;
      slot.updates++;
    });
    storeGateSlots(cpu, p.slots, slots);
  };
