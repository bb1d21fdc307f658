import type { Tensor } from '../device/buffers';
import type { CpuFunction } from '../device/cpu/cpu';

/** Sums of squares of every `chunk` gradients, to `partial`. */
export const squaresCpu =
  (p: { grads: Tensor; length: number; partial: Tensor }, chunk: number): CpuFunction =>
  (cpu) => {
    cpu.run('sumSquares', Math.ceil(p.length / chunk), [cpu.at(p.grads), cpu.at(p.partial), chunk, p.length]);
  };

interface Norm {
  partial: Tensor;
  norm: Tensor;
  losses: Tensor;
  segment: number;
  taken: Tensor;
  corrections: Tensor;
}

/**
 * norm[0] = √ Σ of `count` partial sums, in f32: a sum that overflows must show in the norm, and so must a loss. A
 * finite step is counted, and its bias corrections follow.
 */
export const normCpu =
  (p: Norm, count: number): CpuFunction =>
  (cpu) => {
    const sum = cpu
      .f32(p.partial)
      .subarray(0, count)
      .reduce((s, part) => Math.fround(s + part), 0);
    const loss = cpu.f32(p.losses)[p.segment];
    const [norm, taken] = [cpu.f32(p.norm), cpu.u32(p.taken)];
    norm[0] = Number.isFinite(loss) ? Math.sqrt(sum) : loss;
    if (!Number.isFinite(norm[0])) return;
    const at = 2 * Math.min(taken[0], p.corrections.size / 8 - 1);
    norm.set(cpu.f32(p.corrections).subarray(at, at + 2), 1);
    taken[0]++;
  };
