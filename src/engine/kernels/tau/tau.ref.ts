import { ratioQuantile } from '../../../shared/ratio';
import type { GateSlot, StatSlot } from '../gate/slots';

/** The reconstructed (or literal) threshold rule in f64. Changes `slots`; returns ρ and the step size used. */
export function updateTauRef(
  slots: GateSlot[],
  stats: Pick<StatSlot, 'active' | 'disagreeMu'>[],
  hists: ArrayLike<number>[],
  {
    rhoBefore,
    h,
  }: {
    rhoBefore: number;
    h: { lambda: number; tauLearningRate: number | 'auto'; stepsLeft: number; ownRho?: boolean; literal?: boolean };
  },
): { rho: number; step: number } {
  const own = hists.map((counts) => ratioQuantile(counts, 0.5));
  const medians = [...own].sort((a, b) => a - b);
  const median = (medians[(medians.length - 1) >> 1] + medians[medians.length >> 1]) / 2;
  const rho = slots[0].updates === 0 ? median : 0.9 * rhoBefore + 0.1 * median;
  const step = h.tauLearningRate === 'auto' ? (3 * rho) / h.stepsLeft : h.tauLearningRate;
  slots.forEach((slot, i) => {
    if (h.ownRho) slot.rho = slot.updates === 0 ? own[i] : 0.9 * slot.rho + 0.1 * own[i];
    slot.step = h.ownRho && h.tauLearningRate === 'auto' ? (3 * slot.rho) / h.stepsLeft : step;
    const g = (h.literal ? slot.step : 1) * (-stats[i].disagreeMu - h.lambda * stats[i].active);
    slot.updates += 1;
    slot.m = 0.9 * slot.m + 0.1 * g;
    slot.v = 0.98 * slot.v + 0.02 * g * g;
    const mHat = slot.m / (1 - 0.9 ** slot.updates);
    const vHat = slot.v / (1 - 0.98 ** slot.updates);
    slot.tau = Math.max(0, slot.tau - (slot.step * mHat) / (Math.sqrt(vHat) + 1e-8));
  });
  return { rho, step };
}
