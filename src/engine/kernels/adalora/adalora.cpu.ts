/** AdaLoRA's kernels on the CPU: none works on rows, so all are plain loops. */
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';

interface Module {
  b: Tensor;
  e: Tensor;
  dOut: number;
  rank: number;
}

export const scaleBCpu =
  (p: Module & { scaledB: Tensor }): CpuFunction =>
  (cpu) => {
    const [b, e, scaledB] = [p.b, p.e, p.scaledB].map((t) => cpu.f32(t));
    for (let j = 0, at = 0; j < p.dOut; j++) for (let r = 0; r < p.rank; r++, at++) scaledB[at] = b[at] * e[r];
  };

export const adaloraFinishCpu =
  (p: Module & { gradB: Tensor; gradE: Tensor }): CpuFunction =>
  (cpu) => {
    const [b, e, gradB, gradE] = [p.b, p.e, p.gradB, p.gradE].map((t) => cpu.f32(t));
    const sums = new Float64Array(p.rank);
    for (let j = 0, at = 0; j < p.dOut; j++) {
      for (let r = 0; r < p.rank; r++, at++) {
        sums[r] += b[at] * gradB[at];
        gradB[at] *= e[r];
      }
    }
    gradE.set(sums);
  };

interface Orthogonality {
  cov: Tensor;
  slope: Tensor;
  rPad: number;
  rank: number;
  weight: number;
}

export const orthogonalityCpu =
  ({ rPad, rank, weight, ...p }: Orthogonality): CpuFunction =>
  (cpu) => {
    const [cov, slope] = [cpu.f32(p.cov), cpu.f32(p.slope)];
    slope.fill(0, 0, rPad * rPad);
    let sum = 0;
    for (let i = 0; i < rank; i++) {
      for (let j = 0; j < rank; j++) {
        const apart = cov[i * rPad + j] - Number(i === j);
        slope[i * rPad + j] = apart;
        sum += apart * apart;
      }
    }
    const factor = sum === 0 ? 0 : (2 * weight) / Math.sqrt(sum);
    for (let at = 0; at < rPad * rPad; at++) slope[at] *= factor;
  };

interface Importance {
  hyper: Tensor;
  norm: Tensor;
  params: Tensor;
  grads: Tensor;
  ipt: Tensor;
  unc: Tensor;
  length: number;
}

export const importanceCpu =
  (p: Importance): CpuFunction =>
  (cpu) => {
    const [rate1, rate2, clip] = cpu.f32(p.hyper);
    const learn = cpu.u32(p.hyper)[3] !== 0;
    const [norm] = cpu.f32(p.norm);
    if (!learn || !Number.isFinite(norm)) return;
    const scale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
    const [params, grads, ipt, unc] = [p.params, p.grads, p.ipt, p.unc].map((t) => cpu.f32(t));
    for (let i = 0; i < p.length; i++) {
      const now = Math.abs(params[i] * scale * grads[i]);
      const mean = ipt[i] + rate1 * (now - ipt[i]);
      ipt[i] = mean;
      unc[i] += rate2 * (Math.abs(now - mean) - unc[i]);
    }
  };

interface Triple {
  a: Tensor;
  b: Tensor;
  e: Tensor;
}

interface Scores {
  ipt: Triple;
  unc: Triple;
  scores: Tensor;
  first: number;
  dIn: number;
  dOut: number;
  rPad: number;
  rank: number;
}

export const scoresCpu =
  ({ first, dIn, dOut, rPad, rank, ...p }: Scores): CpuFunction =>
  (cpu) => {
    const products = (of: keyof Triple) => {
      const [ipt, unc] = [cpu.f32(p.ipt[of]), cpu.f32(p.unc[of])];
      return (at: number) => ipt[at] * unc[at];
    };
    const [a, b, e] = [products('a'), products('b'), products('e')];
    const scores = cpu.f32(p.scores);
    for (let r = 0; r < rank; r++) {
      let sumA = 0;
      for (let k = 0; k < dIn; k++) sumA += a(r * dIn + k);
      let sumB = 0;
      for (let j = 0; j < dOut; j++) sumB += b(j * rPad + r);
      scores[first + r] = e(r) + sumA / dIn + sumB / dOut;
    }
  };

interface Allocation {
  hyper: Tensor;
  scores: Tensor;
  starts: Tensor;
  kept: Tensor;
  params: Tensor;
  modules: number;
  rank: number;
}

export const allocateCpu =
  ({ rank, ...p }: Allocation): CpuFunction =>
  (cpu) => {
    const [allocate, mask, drop] = cpu.u32(p.hyper).subarray(4);
    const count = p.modules * rank;
    const kept = cpu.u32(p.kept);
    if (allocate === 1) {
      // Bits of f32 are in the numbers' order, as none is negative.
      const scores = cpu.u32(p.scores).slice(0, count);
      const threshold = drop === 0 ? -1 : scores.slice().sort()[Math.min(drop, count) - 1];
      for (let i = 0; i < count; i++) kept[i] = Number(scores[i] > threshold);
    }
    if (mask === 0) return;
    const [params, starts] = [cpu.f32(p.params), cpu.u32(p.starts)];
    for (let i = 0; i < count; i++) {
      if (kept[i] === 0) params[starts[Math.floor(i / rank)] + (i % rank)] = 0;
    }
  };
