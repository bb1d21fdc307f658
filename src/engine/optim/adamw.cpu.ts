import type { Tensor } from '../device/buffers';
import type { CpuFunction } from '../device/cpu/cpu';

interface Adamw {
  params: Tensor;
  grads: Tensor;
  m: Tensor;
  v: Tensor;
  norm: Tensor;
  hyper: Tensor;
  rates: Tensor;
  length: number;
}

/** `adamw` on the CPU. @param span parameters that share a rate: 64, as in adamw.as.ts */
export const adamwCpu =
  (p: Adamw, span: number): CpuFunction =>
  (cpu) => {
    const [norm, correction1, correction2] = cpu.f32(p.norm);
    if (!Number.isFinite(norm)) return;
    const [lr, rate1, rate2, eps, weightDecay, clip] = cpu.f32(p.hyper);
    const scale = clip > 0 ? Math.min(1, clip / Math.fround(norm + Math.fround(1e-6))) : 1;
    const tensors = [p.params, p.grads, p.m, p.v, p.rates].map((t) => cpu.at(t));
    const hyper = [scale, lr, rate1, rate2, eps, weightDecay, correction1, correction2];
    cpu.run('adamw', Math.ceil(p.length / span), [...tensors, p.length, ...hyper]);
  };
