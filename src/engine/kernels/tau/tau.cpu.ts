import { ratioQuantile } from '../../../shared/ratio';
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import { loadGateSlots, loadStatSlots, storeGateSlots } from '../gate/slots.cpu';

interface TauParams {
  slots: Tensor;
  stats: Tensor;
  rho: Tensor;
  hyper: Tensor;
  modules: number;
  ownRho: boolean;
  literal: boolean;
  ownSum: boolean;
}

/** `updateTau` on the CPU: in f64, rounded where it is kept. */
export const updateTauCpu =
  (p: TauParams): CpuFunction =>
  (cpu) => {
    const [lambda, tauLearningRate, stepsLeft, , beta1, beta2, eps] = cpu.f32(p.hyper);
    const enabled = cpu.u32(p.hyper)[3] !== 0;
    if (!enabled) return;
    const slots = loadGateSlots(cpu, p.slots, p.modules);
    const stats = loadStatSlots(cpu, p.stats, p.modules);
    const medians = stats.map(({ histogram }) => ratioQuantile(histogram, 0.5));
    const sorted = Float64Array.from(medians).sort();
    const middle = 0.5 * (sorted[(p.modules - 1) >> 1] + sorted[p.modules >> 1]);
    const follow = (rho: number, median: number, updates: number) =>
      updates === 0 ? median : 0.9 * rho + 0.1 * median;
    const stepOf = (rho: number) => (tauLearningRate < 0 ? (3 * rho) / stepsLeft : tauLearningRate);
    const rho = cpu.f32(p.rho);
    const common = follow(rho[0], middle, slots[0].updates);
    rho.set([common, stepOf(common)]);
    slots.forEach((slot, i) => {
      if (p.ownRho) slot.rho = follow(slot.rho, medians[i], slot.updates);
      slot.step = stepOf(p.ownRho ? slot.rho : common);
      const g = Math.fround(
        (p.literal ? slot.step : 1) * (-(p.ownSum ? stats[i].ownSum : stats[i].disagreeMu) - lambda * stats[i].active),
      );
      // A sum that overflowed teaches nothing: the threshold stands still, as A and B do.
      if (!Number.isFinite(g)) return;
      slot.updates++;
      slot.m = beta1 * slot.m + (1 - beta1) * g;
      slot.v = beta2 * slot.v + (1 - beta2) * g * g;
      const mHat = slot.m / (1 - beta1 ** slot.updates);
      const vHat = slot.v / (1 - beta2 ** slot.updates);
      slot.tau = Math.max(0, slot.tau - (slot.step * mHat) / (Math.sqrt(vHat) + eps));
    });
    storeGateSlots(cpu, p.slots, slots);
  };
