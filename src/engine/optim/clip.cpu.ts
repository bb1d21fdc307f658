import type { Tensor } from '../device/buffers';
import type { CpuFunction } from '../device/cpu/cpu';

/** Sums of squares of every `chunk` gradients, to `partial`. */
export const squaresCpu =
  (p: { grads: Tensor; length: number; partial: Tensor }, chunk: number): CpuFunction =>
  (cpu) => {
    cpu.run('sumSquares', Math.ceil(p.length / chunk), [cpu.at(p.grads), cpu.at(p.partial), chunk, p.length]);
  };

/** norm[0] = √ Σ of `count` partial sums, in f32: a sum that overflows must show in the norm, and so must a loss. */
export const normCpu =
  (p: { partial: Tensor; norm: Tensor; losses: Tensor; segment: number }, count: number): CpuFunction =>
  (cpu) => {
    const sum = cpu
      .f32(p.partial)
      .subarray(0, count)
      .reduce((s, part) => Math.fround(s + part), 0);
    const loss = cpu.f32(p.losses)[p.segment];
    cpu.f32(p.norm)[0] = Number.isFinite(loss) ? Math.sqrt(sum) : loss;
  };
