/** The soft threshold's kernels on the CPU: what is as wide as an output is in soft.as.ts; sums over ranks are f64. */
import type { Tensor } from '../../device/buffers';
import type { Cpu, CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { GATE_AT, STAT_AT } from '../gate/slots';
import type { ActiveRows } from '../rows/rows';

interface Shrinking {
  ratio: Tensor;
  slot: Tensor;
}

/** κ of an active row. */
const shrinkage = (r: number, tau: number): number => (tau === 0 ? 1 : 1 - tau / r);

/** What Δ is multiplied with in its gradient, beside κ g. */
const alongDelta = (kappa: number, mu: number, penalty: number, deltaSquared: number): number =>
  deltaSquared > 0 ? ((1 - kappa) * mu + penalty) / deltaSquared : 0;

const tauOf = (cpu: Cpu, slot: Tensor): number => cpu.f32(slot)[GATE_AT.tau];

/** The open rows, ascending. */
const openRows = (cpu: Cpu, { list }: ActiveRows): Uint32Array => {
  const words = cpu.u32(list);
  return words.subarray(1, 1 + words[0]);
};

export const scaleCpu =
  (p: Shrinking & { rows: ActiveRows; z: Tensor | null; out: Tensor; rank: number }): CpuFunction =>
  (cpu) => {
    const [ratio, out, tau] = [cpu.f32(p.ratio), cpu.f32(p.out), tauOf(cpu, p.slot)];
    const z = p.z ? cpu.f32(p.z) : out;
    for (const row of openRows(cpu, p.rows)) {
      const kappa = shrinkage(ratio[row], tau);
      for (let at = row * p.rank; at < (row + 1) * p.rank; at++) out[at] = kappa * z[at];
    }
  };

export const addPartCpu =
  (p: Shrinking & { rows: ActiveRows; change: Tensor; base: Tensor; y: Tensor; width: number }): CpuFunction =>
  (cpu) => {
    const tensors = [p.ratio, p.change, p.base, p.y].map((t) => cpu.at(t));
    cpu.run('softPart', cpu.u32(p.rows.list)[0], [...tensors, p.width, cpu.at(p.rows.list), tauOf(cpu, p.slot)]);
  };

interface RankGradient extends Shrinking {
  rows: ActiveRows;
  z: Tensor;
  gram: Tensor;
  mu: Tensor;
  u: Tensor;
  along: Tensor;
  rank: number;
  scaling: number;
  lambdaBar: number;
}

export const rankGradientCpu =
  ({ rank, scaling, lambdaBar, ...p }: RankGradient): CpuFunction =>
  (cpu) => {
    const [z, gram, mu, ratio, u, along] = [p.z, p.gram, p.mu, p.ratio, p.u, p.along].map((t) => cpu.f32(t));
    const [tau, lambda] = [tauOf(cpu, p.slot), lambdaBar / cpu.dims(p.rows).tokens];
    const times = new Float64Array(rank);
    for (const row of openRows(cpu, p.rows)) {
      const start = row * rank;
      let squared = 0;
      for (let k = 0; k < rank; k++) {
        let sum = 0;
        for (let q = 0; q < rank; q++) sum += gram[k * rank + q] * z[start + q];
        times[k] = sum;
        squared += z[start + k] * sum;
      }
      const kappa = shrinkage(ratio[row], tau);
      const a = alongDelta(kappa, mu[row], lambda * ratio[row], scaling ** 2 * squared);
      for (let k = 0; k < rank; k++) u[start + k] = kappa * u[start + k] + a * scaling * times[k];
      along[row] = a;
    }
  };

export const momentCpu =
  (p: { rows: ActiveRows; along: Tensor; z: Tensor; moment: Tensor; rank: number }): CpuFunction =>
  (cpu) => {
    const [along, z, moment] = [p.along, p.z, p.moment].map((t) => cpu.f32(t));
    const sums = new Float64Array(p.rank * p.rank);
    for (const row of openRows(cpu, p.rows)) {
      for (let k = 0; k < p.rank; k++) {
        const left = along[row] * z[row * p.rank + k];
        for (let q = 0; q < p.rank; q++) sums[k * p.rank + q] += left * z[row * p.rank + q];
      }
    }
    for (let i = 0; i < sums.length; i++) moment[i] += sums[i];
  };

export const finishCpu =
  (p: { b: Tensor; moment: Tensor; gradB: Tensor; dOut: number; rank: number; scaling: number }): CpuFunction =>
  (cpu) => {
    const [b, moment, gradB] = [p.b, p.moment, p.gradB].map((t) => cpu.f32(t));
    for (let output = 0; output < p.dOut; output++) {
      for (let q = 0; q < p.rank; q++) {
        let sum = 0;
        for (let k = 0; k < p.rank; k++) sum += b[output * p.rank + k] * moment[k * p.rank + q];
        gradB[output * p.rank + q] += p.scaling ** 2 * sum;
      }
    }
  };

/** One part of the sums takes them all. */
export const softSumsCpu =
  (p: { rows: RowCount; mu: Tensor; ratio: Tensor; open: Tensor; stat: Tensor }): CpuFunction =>
  (cpu) => {
    const { rows } = cpu.dims(p.rows);
    const [mu, ratio, open, stat] = [cpu.f32(p.mu), cpu.f32(p.ratio), cpu.u32(p.open), cpu.f32(p.stat)];
    let sum = 0;
    for (let row = 0; row < rows; row++) if (open[row] !== 0 && ratio[row] > 0) sum += mu[row] / ratio[row];
    stat[STAT_AT.mu + 3] += sum;
  };

interface WideGradient extends Shrinking {
  rows: RowCount;
  change: Tensor;
  base: Tensor;
  gradOut: Tensor;
  open: Tensor;
  other: Tensor;
  width: number;
  lambdaBar: number;
}

export const wideGradientCpu =
  ({ width, lambdaBar, ...p }: WideGradient): CpuFunction =>
  (cpu) => {
    const { rows, tokens } = cpu.dims(p.rows);
    const tensors = [p.ratio, p.open, p.change, p.base, p.gradOut, p.other].map((t) => cpu.at(t));
    cpu.run('wideGradient', rows, [...tensors, width, tauOf(cpu, p.slot), lambdaBar / tokens]);
  };

export const partGradientCpu =
  (p: { rows: RowCount; change: Tensor; gradOut: Tensor; own: Tensor; out: Tensor; width: number }): CpuFunction =>
  (cpu) => {
    const tensors = [p.change, p.gradOut, p.own, p.out].map((t) => cpu.at(t));
    cpu.run('partGradient', cpu.dims(p.rows).rows, [...tensors, p.width]);
  };
