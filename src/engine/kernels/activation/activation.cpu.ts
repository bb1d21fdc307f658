import type { ActivationKind } from '../../../shared/layers';
import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { overRows } from '../rows/rows.cpu';

interface Activation {
  kind: ActivationKind;
  rows: RowCount;
  width: number;
}

/** A kind's number, as in activation.as.ts. */
const NUMBERS: Record<ActivationKind, number> = { silu: 0, gelu: 1, geluTanh: 2, relu: 3 };

const over = (name: string, { kind, rows, width }: Activation, tensors: Tensor[]): CpuFunction =>
  overRows(rows, new Call(name, (cpu) => [...tensors.map((t) => cpu.at(t)), NUMBERS[kind], width]));

export const gatedActivationCpu = (p: Activation & { gate: Tensor; up: Tensor; out: Tensor }): CpuFunction =>
  over('gatedActivation', p, [p.gate, p.up, p.out]);

export const gatedActivationBackwardCpu = (
  p: Activation & { gate: Tensor; up: Tensor; gradOut: Tensor; gradGate: Tensor; gradUp: Tensor; out: Tensor },
): CpuFunction => over('gatedActivationBackward', p, [p.gate, p.up, p.gradOut, p.gradGate, p.gradUp, p.out]);

export const activationCpu = (p: Activation & { x: Tensor; out: Tensor }): CpuFunction =>
  over('activation', p, [p.x, p.out]);

export const activationBackwardCpu = (
  p: Activation & { x: Tensor; gradOut: Tensor; gradX: Tensor; out: Tensor },
): CpuFunction => over('activationBackward', p, [p.x, p.gradOut, p.gradX, p.out]);
