import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

/** The sum is f64 and rounded once. */
export const sumLossCpu =
  ({ rows, loss, total }: { rows: RowCount; loss: Tensor; total: Tensor }): CpuFunction =>
  (cpu, { segments }) => {
    const { supervised } = cpu.dims(rows);
    const [losses, totals] = [cpu.f32(loss), cpu.f32(total)];
    for (let segment = 0; segment < segments; segment++) {
      let sum = 0;
      for (let i = segment * supervised; i < (segment + 1) * supervised; i++) sum += losses[i];
      totals[segment] += sum;
    }
  };
