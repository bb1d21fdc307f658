import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { Rows } from '../rows/rows';
import { rowsReader } from '../rows/rows.cpu';

interface Drop {
  rows: Rows;
  x: Tensor;
  out: Tensor;
  width: number;
  salt: number;
  add?: boolean;
}

/** As dropout.wgsl has them. */
interface Mask {
  dropBelow: number;
  rowsBelow: number;
  scale: number;
}

/** `dropout` on the CPU. */
export function dropoutCpu(p: Drop, { dropBelow, rowsBelow, scale }: Mask): CpuFunction {
  const rowsNow = rowsReader(p.rows);
  return (cpu) => {
    const { list, rows, stride, count } = rowsNow(cpu);
    const { dropoutKey, before } = cpu.dims(p.rows);
    const mask = [p.width, dropoutKey, before, p.salt, dropBelow, rowsBelow, scale, Number(p.add ?? false)];
    cpu.run('dropout', count, [cpu.at(p.x), cpu.at(p.out), ...mask, list, rows, stride]);
  };
}
