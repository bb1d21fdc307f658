// What becomes of a product's sums: the twin of `finish` in product.wgsl.
import { sumOf } from '../math.as';

/**
 * Stores 8 columns of a row (4 at an edge), plus `bias` [n] if any, on top of `base`, if any; `rowNormSquared` [row,
 * panel] gets the sum of their squares.
 */
@inline export function put(
  out: usize, base: usize, bias: usize, rowNormSquared: usize, row: u32, panel: u32, panels: u32, outStride: u32,
  wide: bool, u: v128, v: v128,
): void {
  let y = u, z = v;
  if (bias) {
    y = f32x4.add(u, v128.load(bias + 32 * <usize>panel));
    if (wide) z = f32x4.add(v, v128.load(bias + 32 * <usize>panel, 16));
  }
  if (rowNormSquared) {
    let q = f32x4.mul(y, y);
    if (wide) q = f32x4.add(q, f32x4.mul(z, z));
    const sum = sumOf(q);
    store<f32>(rowNormSquared + 4 * (<usize>row * panels + panel), sum);
  }
  const at: usize = 4 * (<usize>row * outStride + panel * 8);
  v128.store(out + at, base ? f32x4.add(v128.load(base + at), y) : y);
  if (wide) v128.store(out + at, base ? f32x4.add(v128.load(base + at, 16), z) : z, 16);
}
