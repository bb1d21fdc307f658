import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

interface Gated {
  rows: RowCount;
  gate: Tensor;
  up: Tensor;
  width: number;
}

export const swigluCpu = ({ rows, gate, up, out, width }: Gated & { out: Tensor }): CpuFunction => (cpu) => {
  const dims = cpu.dims(rows);
  cpu.run('swiglu', dims.rows * dims.segments, [...[gate, up, out].map((t) => cpu.at(t)), width, dims.rows, dims.stride]);
};

export const swigluBackwardCpu = (p: Gated & { gradOut: Tensor; gradGate: Tensor; gradUp: Tensor }): CpuFunction => (cpu) => {
  const dims = cpu.dims(p.rows);
  const tensors = [p.gate, p.up, p.gradOut, p.gradGate, p.gradUp].map((t) => cpu.at(t));
  cpu.run('swigluBackward', dims.rows * dims.segments, [...tensors, p.width, dims.rows, dims.stride]);
};
