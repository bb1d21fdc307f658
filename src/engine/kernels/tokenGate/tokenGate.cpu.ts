/** GateRA's kernels on the CPU: what runs over rows × inputs is in tokenGate.as.ts; sums over ranks are f64. */
import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

export const gateLogitsCpu =
  (p: { rows: RowCount; x: Tensor; w: Tensor; logit: Tensor; width: number }): CpuFunction =>
  (cpu) => {
    const { rows, segments, stride } = cpu.dims(p.rows);
    cpu.run('gateLogits', rows * segments, [cpu.at(p.x), cpu.at(p.w), cpu.at(p.logit), p.width, rows, stride]);
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
    const { rows, segments, stride } = cpu.dims(p.rows);
    const tensors = [p.gradLogit, p.w, p.gradIn].map((t) => cpu.at(t));
    cpu.run('addOuter', rows * segments, [...tensors, p.width, rows, stride]);
  };

export const gateGradientCpu =
  (p: { rows: RowCount; gradLogit: Tensor; x: Tensor; gradW: Tensor; width: number }): CpuFunction =>
  (cpu) => {
    const { rows, segments, stride } = cpu.dims(p.rows);
    const tensors = [cpu.at(p.gradLogit), 0, cpu.at(p.x), cpu.at(p.gradW)];
    cpu.run('columnSums', p.width / 4, [...tensors, p.width, rows, stride, rows * segments]);
  };
