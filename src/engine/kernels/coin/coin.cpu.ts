import type { Tensor } from '../../device/buffers';
import type { CpuFunction } from '../../device/cpu/cpu';
import type { RowCount } from '../../device/program';
import { mixBits } from '../dropout/hash';
import { STAT_AT } from '../gate/slots';

interface Coin {
  rows: RowCount;
  mu: Tensor;
  open: Tensor;
  stat: Tensor;
  seed: number;
  module: number;
}

/** `coinSums` on the CPU. One part of the sums takes them all. */
export const coinSumsCpu =
  (p: Coin): CpuFunction =>
  (cpu) => {
    const { rows, draw, first } = cpu.dims(p.rows);
    const [mu, open, stat] = [cpu.f32(p.mu), cpu.u32(p.open), cpu.f32(p.stat)];
    const ofModule = mixBits(mixBits(mixBits(p.seed + 0x6d2b79f5) ^ draw) ^ (p.module + 0xc2b2ae35));
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const harmful = (mixBits(ofModule ^ (first + row)) & 1) === 1;
      if (harmful === (open[row] !== 0)) sum += harmful ? Math.abs(mu[row]) : -Math.abs(mu[row]);
    }
    stat[STAT_AT.mu + 3] += sum;
  };
