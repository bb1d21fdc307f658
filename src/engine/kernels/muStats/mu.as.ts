// μ = s·u·z (+ extra) of rows [from, to); see mu.wgsl. `extra` is 0 where there is none.
import { sumOf } from '../math.as';

export function mu(u: usize, z: usize, extra: usize, out: usize, rank: u32, scaling: f32, from: u32, to: u32): void {
  for (let row = from; row < to; row++) {
    const at: usize = 4 * <usize>row * rank;
    let v = f32x4.splat(0);
    for (let k = at; k < at + 4 * rank; k += 16) v = f32x4.add(v, f32x4.mul(v128.load(u + k), v128.load(z + k)));
    store<f32>(out + 4 * row, scaling * sumOf(v) + (extra ? load<f32>(extra + 4 * row) : 0));
  }
}
