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

/** `dropout` on the CPU. @param dropBelow p · 2³² @param scale 1 / (1 − p) */
export function dropoutCpu(p: Drop, dropBelow: number, scale: number): CpuFunction {
  const rowsNow = rowsReader(p.rows);
  return (cpu) => {
    const { list, rows, stride, count } = rowsNow(cpu);
    const { dropoutKey, before } = cpu.dims(p.rows);
    const mask = [p.width, dropoutKey, before, p.salt, dropBelow, scale, Number(p.add ?? false)];
    cpu.run('dropout', count, [cpu.at(p.x), cpu.at(p.out), ...mask, list, rows, stride]);
  };
}
