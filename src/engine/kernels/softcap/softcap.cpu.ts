import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { overRows } from '../rows/rows.cpu';

export const softcapCpu = ({
  rows,
  x,
  width,
  cap,
}: {
  rows: RowCount;
  x: Tensor;
  width: number;
  cap: number;
}): CpuFunction => overRows(rows, new Call('softcap', (cpu) => [cpu.at(x), width, cap]));

export const softcapBackwardCpu = ({
  rows,
  y,
  gradOut,
  gradX,
  width,
  cap,
}: Record<'y' | 'gradOut' | 'gradX', Tensor> & { rows: RowCount; width: number; cap: number }): CpuFunction =>
  overRows(rows, new Call('softcapBackward', (cpu) => [...[y, gradOut, gradX].map((t) => cpu.at(t)), width, cap]));
