/** GateRA's kernels on the CPU: sums in f64, rounded where they are kept. */
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

export const gateLogitsCpu =
  (p: { rows: RowCount; x: Tensor; w: Tensor; logit: Tensor; width: number }): CpuFunction =>
  (cpu) => {
    const [x, w, logit] = [p.x, p.w, p.logit].map((t) => cpu.f32(t));
    for (const { first, count } of cpu.spans(p.rows)) {
      for (let row = first; row < first + count; row++) {
        let sum = 0;
        for (let k = 0, at = row * p.width; k < p.width; k++, at++) sum += w[k] * x[at];
        logit[row] = sum;
      }
    }
  };

export const weighCpu =
  (p: { rows: RowCount; logit: Tensor; z: Tensor; out: Tensor; rank: number }): CpuFunction =>
  (cpu) => {
    const [logit, z, out] = [p.logit, p.z, p.out].map((t) => cpu.f32(t));
    for (const { first, count } of cpu.spans(p.rows)) {
      for (let row = first; row < first + count; row++) {
        const g = sigmoid(logit[row]);
        for (let at = row * p.rank; at < (row + 1) * p.rank; at++) out[at] = g * z[at];
      }
    }
  };

interface Back {
  rows: RowCount;
  z: Tensor;
  u: Tensor;
  logit: Tensor;
  rank: number;
  scaling: number;
  entropy: number;
}

export const backCpu =
  ({ rank, scaling, entropy, ...p }: Back): CpuFunction =>
  (cpu) => {
    const [z, u, logit] = [p.z, p.u, p.logit].map((t) => cpu.f32(t));
    const lambda = entropy / cpu.dims(p.rows).tokens;
    for (const { first, count } of cpu.spans(p.rows)) {
      for (let row = first; row < first + count; row++) {
        const g = sigmoid(logit[row]);
        let mu = 0;
        for (let at = row * rank; at < (row + 1) * rank; at++) {
          mu += u[at] * z[at];
          u[at] *= g;
          z[at] *= g;
        }
        logit[row] = g * (1 - g) * (scaling * mu - lambda * logit[row]);
      }
    }
  };

export const addOuterCpu =
  (p: { rows: RowCount; gradLogit: Tensor; w: Tensor; gradIn: Tensor; width: number }): CpuFunction =>
  (cpu) => {
    const [gradLogit, w, gradIn] = [p.gradLogit, p.w, p.gradIn].map((t) => cpu.f32(t));
    for (const { first, count } of cpu.spans(p.rows)) {
      for (let row = first; row < first + count; row++) {
        for (let k = 0, at = row * p.width; k < p.width; k++, at++) gradIn[at] += gradLogit[row] * w[k];
      }
    }
  };

export const gateGradientCpu =
  (p: { rows: RowCount; gradLogit: Tensor; x: Tensor; gradW: Tensor; width: number }): CpuFunction =>
  (cpu) => {
    const [gradLogit, x, gradW] = [p.gradLogit, p.x, p.gradW].map((t) => cpu.f32(t));
    const sums = new Float64Array(p.width);
    for (const { first, count } of cpu.spans(p.rows)) {
      for (let row = first; row < first + count; row++) {
        for (let k = 0, at = row * p.width; k < p.width; k++, at++) sums[k] += gradLogit[row] * x[at];
      }
    }
    for (let k = 0; k < p.width; k++) gradW[k] += sums[k];
  };
