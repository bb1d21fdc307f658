// r = ‖Δ‖ / (‖y‖ + 1e-6) of the rows of a pass; see ratio.wgsl and ratioOfSquares.wgsl. `squares` [rows, parts] are partial
// sums of y².

/** Σ of `count` numbers. */
@inline function sumOf(at: usize, count: u32): f32 {
  let sum = f32x4.splat(0);
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) sum = f32x4.add(sum, v128.load(at + 4 * i));
  let rest: f32 = 0;
  for (; i < count; i++) rest += load<f32>(at + 4 * i);
  return ((f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))) + rest;
}

@inline function put(ratio: usize, squares: usize, parts: u32, row: u32, delta: f32): void {
  store<f32>(ratio + 4 * row, delta / (sqrt<f32>(sumOf(squares + 4 * <usize>row * parts, parts)) + 1e-6));
}

/** ‖Δ‖ from Σ Δ² in four lanes, which rounding may leave a little below 0. */
@inline function sizeOf(v: v128, scaling: f32): f32 {
  const sum = (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
  return sum > 0 ? scaling * sqrt<f32>(sum) : 0;
}

/**
 * ‖Δ‖² = s² zᵀGz; an item is four rows. G is symmetric: for each panel of 8 of its columns, rows below the panel count
 * twice, rows above it not at all.
 */
export function gateRatios(z: usize, gram: usize, squares: usize, ratio: usize, rank: u32, parts: u32, scaling: f32, rows: u32, from: u32, to: u32): void {
  const zero = f32x4.splat(0);
  for (let i: u32 = from * 4; i < to * 4; i += 4) {
    const last = rows - 1;
    const z0 = z + 4 * <usize>i * rank, z1 = z + 4 * <usize>min(i + 1, last) * rank;
    const z2 = z + 4 * <usize>min(i + 2, last) * rank, z3 = z + 4 * <usize>min(i + 3, last) * rank;
    let d0 = zero, d1 = zero, d2 = zero, d3 = zero;
    for (let j: u32 = 0; j < rank; j += 8) {
      const wide = j + 4 < rank;
      const second: usize = wide ? 16 : 0;
      let t00 = zero, t01 = zero, t10 = zero, t11 = zero, t20 = zero, t21 = zero, t30 = zero, t31 = zero;
      for (let k: u32 = rank; k > j;) {
        if (k == j + 8) {
          t00 = f32x4.add(t00, t00); t01 = f32x4.add(t01, t01); t10 = f32x4.add(t10, t10); t11 = f32x4.add(t11, t11);
          t20 = f32x4.add(t20, t20); t21 = f32x4.add(t21, t21); t30 = f32x4.add(t30, t30); t31 = f32x4.add(t31, t31);
        }
        k--;
        const g = gram + 4 * (<usize>k * rank + j);
        const g0 = v128.load(g), g1 = v128.load(g + second);
        let v = v128.load32_splat(z0 + 4 * k); t00 = f32x4.add(t00, f32x4.mul(v, g0)); t01 = f32x4.add(t01, f32x4.mul(v, g1));
        v = v128.load32_splat(z1 + 4 * k); t10 = f32x4.add(t10, f32x4.mul(v, g0)); t11 = f32x4.add(t11, f32x4.mul(v, g1));
        v = v128.load32_splat(z2 + 4 * k); t20 = f32x4.add(t20, f32x4.mul(v, g0)); t21 = f32x4.add(t21, f32x4.mul(v, g1));
        v = v128.load32_splat(z3 + 4 * k); t30 = f32x4.add(t30, f32x4.mul(v, g0)); t31 = f32x4.add(t31, f32x4.mul(v, g1));
      }
      const at: usize = 4 * j;
      d0 = f32x4.add(d0, f32x4.mul(t00, v128.load(z0 + at))); d1 = f32x4.add(d1, f32x4.mul(t10, v128.load(z1 + at)));
      d2 = f32x4.add(d2, f32x4.mul(t20, v128.load(z2 + at))); d3 = f32x4.add(d3, f32x4.mul(t30, v128.load(z3 + at)));
      if (wide) {
        d0 = f32x4.add(d0, f32x4.mul(t01, v128.load(z0 + at, 16))); d1 = f32x4.add(d1, f32x4.mul(t11, v128.load(z1 + at, 16)));
        d2 = f32x4.add(d2, f32x4.mul(t21, v128.load(z2 + at, 16))); d3 = f32x4.add(d3, f32x4.mul(t31, v128.load(z3 + at, 16)));
      }
    }
    put(ratio, squares, parts, i, sizeOf(d0, scaling));
    if (i + 1 < rows) put(ratio, squares, parts, i + 1, sizeOf(d1, scaling));
    if (i + 2 < rows) put(ratio, squares, parts, i + 2, sizeOf(d2, scaling));
    if (i + 3 < rows) put(ratio, squares, parts, i + 3, sizeOf(d3, scaling));
  }
}

/** ‖Δ‖² is known; an item is a row. */
export function gateRatiosOfSquares(deltaSquares: usize, squares: usize, ratio: usize, parts: u32, from: u32, to: u32): void {
  for (let row = from; row < to; row++) put(ratio, squares, parts, row, sqrt<f32>(load<f32>(deltaSquares + 4 * row)));
}
