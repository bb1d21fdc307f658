import { ratioQuantile } from '../../../shared/ratio';
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { GateSlot, StatSlot } from '../gate/slots';
import { RATIO_EDGES, binOf, loadGateSlots, loadStatSlots, storeGateSlots } from '../gate/slots.cpu';

/** As in steer.wgsl. */
const [WIDEST, HALVINGS] = [4096, 40];

const f32 = Math.fround;
const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

interface SteerParams {
  hyper: Tensor;
  slots: Tensor;
  stats: Tensor;
  modules: number;
  perModule: boolean;
}

interface Module {
  slot: GateSlot;
  stat: StatSlot;
  /** Median of r; 0 where τ must not move: while B = 0 every r is 0, and any τ above 0 closes all for good. */
  median: number;
  /** Tokens in the bins before each bin. */
  before: Uint32Array;
}

/** Tokens with r < x. */
function below({ stat: { histogram }, before }: Module, x: number): number {
  const bin = binOf(x);
  const [low, high] = [RATIO_EDGES[bin], RATIO_EDGES[bin + 1]];
  const inside = Math.min(1, f32(f32(x - low) / (high - low)));
  return f32(before[bin] + f32(inside * histogram[bin]));
}

/**
 * `steer` on the CPU. In f32, as the shader: 0.6 as f32 times 300, if not rounded, is more than 180 tokens, and δ would
 * go on to where the next token is.
 */
export const steerCpu =
  (p: SteerParams): CpuFunction =>
  (cpu) => {
    const [goal, , gain, bound] = cpu.f32(p.hyper);
    const enabled = cpu.u32(p.hyper)[1] !== 0;
    if (!enabled) return;
    const stats = loadStatSlots(cpu, p.stats, p.modules);
    const modules = loadGateSlots(cpu, p.slots, p.modules).map((slot, m): Module => {
      const { histogram } = stats[m];
      const median = f32(ratioQuantile(histogram, 0.5));
      const before = new Uint32Array(histogram.length);
      for (let bin = 1; bin < before.length; bin++) before[bin] = before[bin - 1] + histogram[bin - 1];
      return { slot, stat: stats[m], median: median >= RATIO_EDGES[1] ? median : 0, before };
    });
    const moved = ({ slot, median }: Module, delta: number) => Math.max(0, f32(slot.tau + f32(delta * median)));

    /** Moves these modules by one δ. */
    const move = (group: readonly Module[]) => {
      const tokens = group.reduce((sum, { stat }) => sum + stat.tokens, 0);
      const skipped = group.reduce((sum, { stat }) => sum + stat.tokens - stat.active, 0);
      if (tokens === 0) return;
      const { steered, correction: before } = group[0].slot;
      const missed = f32(goal - f32(skipped / tokens));
      const correction = steered === 0 ? 0 : clamp(f32(before + f32(gain * missed)), -bound, bound);
      const aim = f32(clamp(f32(goal + correction), 0, 1) * tokens);
      let [low, high] = [-WIDEST, WIDEST];
      for (let i = 0; i < HALVINGS; i++) {
        const middle = f32(0.5 * (low + high));
        let count = 0;
        for (const module of group) count = f32(count + below(module, moved(module, middle)));
        if (count < aim) low = middle;
        else high = middle;
      }
      for (const module of group) {
        const { slot, median } = module;
        slot.tau = moved(module, low);
        slot.shift = median === 0 ? 0 : low;
        slot.correction = correction;
        slot.steered++;
      }
    };
    if (p.perModule) modules.filter(({ median }) => median > 0).forEach((module) => move([module]));
    else move(modules);
    storeGateSlots(
      cpu,
      p.slots,
      modules.map(({ slot }) => slot),
    );
  };
