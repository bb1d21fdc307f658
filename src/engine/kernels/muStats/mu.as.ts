// μ = s·u·z (+ extra) of rows [from, to); see mu.wgsl. `extra` is 0 where there is none.
export function mu(u: usize, z: usize, extra: usize, out: usize, rank: u32, scaling: f32, from: u32, to: u32): void {
  for (let row = from; row < to; row++) {
    const at: usize = 4 * <usize>row * rank;
    let v = f32x4.splat(0);
    for (let k: u32 = 0; k < 4 * rank; k += 16) v = f32x4.add(v, f32x4.mul(v128.load(u + at + k), v128.load(z + at + k)));
    const sum = (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
    store<f32>(out + 4 * row, scaling * sum + (extra ? load<f32>(extra + 4 * row) : 0));
  }
}
