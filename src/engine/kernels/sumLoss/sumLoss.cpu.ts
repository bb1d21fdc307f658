import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';

/** The sum is f64 and rounded once. */
export const sumLossCpu =
  ({ rows, loss, total, stride }: { rows: RowCount; loss: Tensor; total: Tensor; stride?: number }): CpuFunction =>
  (cpu, { segments }) => {
    const { supervised } = cpu.dims(rows);
    const [losses, totals] = [cpu.f32(loss), cpu.f32(total)];
    for (let segment = 0; segment < segments; segment++) {
      let sum = 0;
      const first = segment * (stride ?? supervised);
      for (let i = first; i < first + supervised; i++) sum += losses[i];
      totals[segment] += sum;
    }
  };
