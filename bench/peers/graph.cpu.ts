/** CPU forms of the peers' own operations; the twins of gelu.wgsl, geluBackward.wgsl and mse.wgsl. Rows are dense. */
import type { Tensor, CpuFunction } from '../../src/engine';
import type { RowCount } from '../engine';

const SCALE = Math.sqrt(2 / Math.PI);
const CUBE = 0.044715;

/** tanh(SCALE (v + CUBE v³)) by one exp: Math.tanh takes several times as long. */
const curve = (v: number) => 1 - 2 / (Math.exp(2 * SCALE * (v + CUBE * v * v * v)) + 1);

export const geluCpu =
  (rows: RowCount, d: number, x: Tensor, out: Tensor): CpuFunction =>
  (cpu) => {
    const [from, to] = [cpu.f32(x), cpu.f32(out)];
    const length = cpu.dims(rows).rows * d;
    for (let i = 0; i < length; i++) to[i] = 0.5 * from[i] * (1 + curve(from[i]));
  };

export const geluBackwardCpu =
  (rows: RowCount, d: number, { x, gradOut, gradX }: { x: Tensor; gradOut: Tensor; gradX: Tensor }): CpuFunction =>
  (cpu) => {
    const [from, grad, to] = [x, gradOut, gradX].map((t) => cpu.f32(t));
    const length = cpu.dims(rows).rows * d;
    for (let i = 0; i < length; i++) {
      const v = from[i];
      const t = curve(v);
      to[i] = grad[i] * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * SCALE * (1 + 3 * CUBE * v * v));
    }
  };

/** Each row's part of the mean of (h − y)², and the mean's gradient. */
export const mseCpu =
  (rows: RowCount, d: number, t: Record<'h' | 'y' | 'loss' | 'grad', Tensor>): CpuFunction =>
  (cpu) => {
    const [h, y, loss, grad] = [t.h, t.y, t.loss, t.grad].map((tensor) => cpu.f32(tensor));
    const count = cpu.dims(rows).rows;
    const mean = 1 / (count * d);
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let i = row * d; i < (row + 1) * d; i++) {
        const difference = h[i] - y[i];
        sum += difference * difference;
        grad[i] = 2 * mean * difference;
      }
      loss[row] = sum * mean;
    }
  };
