import type { Tensor } from '../../device/buffers';
import { Call, type CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { overRows } from '../rows/rows.cpu';

interface Norm {
  rows: RowCount;
  x: Tensor;
  weight: Tensor;
  stats: Tensor;
  width: number;
}

/** `layerNorm` on the CPU; without `eps` it is `layerNormAgain`. */
export const layerNormCpu = (p: Norm & { bias?: Tensor; out: Tensor; eps?: number }): CpuFunction =>
  overRows(
    p.rows,
    new Call('layerNorm', (cpu) => [
      ...[p.x, p.weight].map((t) => cpu.at(t)),
      p.bias ? cpu.at(p.bias) : 0,
      ...[p.out, p.stats].map((t) => cpu.at(t)),
      p.width,
      p.eps ?? 0,
      Number(p.eps === undefined),
    ]),
  );

export const layerNormBackwardCpu = (p: Norm & { gradOut: Tensor; gradX: Tensor; accumulate: boolean }): CpuFunction =>
  overRows(
    p.rows,
    new Call('layerNormBackward', (cpu) => [
      ...[p.x, p.weight, p.stats, p.gradOut, p.gradX].map((t) => cpu.at(t)),
      p.width,
      Number(p.accumulate),
    ]),
  );
