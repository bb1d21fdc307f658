import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { overRows } from '../rows/rows.cpu';

interface Gated {
  rows: RowCount;
  gate: Tensor;
  up: Tensor;
  width: number;
}

export const swigluCpu = ({ rows, gate, up, out, width }: Gated & { out: Tensor }): CpuFunction =>
  overRows(rows, new Call('swiglu', (cpu) => [...[gate, up, out].map((t) => cpu.at(t)), width]));

export const swigluBackwardCpu = (p: Gated & { gradOut: Tensor; gradGate: Tensor; gradUp: Tensor }): CpuFunction =>
  overRows(
    p.rows,
    new Call('swigluBackward', (cpu) => [
      ...[p.gate, p.up, p.gradOut, p.gradGate, p.gradUp].map((t) => cpu.at(t)),
      p.width,
    ]),
  );
