import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import { type Rows, isActive } from '../rows/rows';

interface Drop {
  rows: Rows;
  x: Tensor;
  out: Tensor;
  width: number;
  salt: number;
  add?: boolean;
}

/** `dropout` on the CPU. @param dropBelow p · 2³² @param scale 1 / (1 − p) */
export const dropoutCpu = (p: Drop, dropBelow: number, scale: number): CpuFunction => (cpu) => {
  const { rows } = p;
  const list = isActive(rows) ? cpu.at(rows.list) : 0;
  const dims = isActive(rows) ? { rows: cpu.u32(rows.list)[0], segments: 1, stride: 0 } : cpu.dims(rows);
  const { dropoutKey } = cpu.dims(rows);
  const mask = [p.width, dropoutKey, p.salt, dropBelow, scale, Number(p.add ?? false)];
  cpu.run('dropout', dims.rows * dims.segments, [cpu.at(p.x), cpu.at(p.out), ...mask, list, dims.rows, dims.stride]);
};
