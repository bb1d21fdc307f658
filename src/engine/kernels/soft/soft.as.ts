// The soft threshold's work over rows × outputs. Rows of a pass as in rows.as.ts.
import { sumOf } from '../math.as';
import { rowAt } from '../rows/rows.as';

/** κ of an active row. */
@inline function shrinkage(r: f32, tau: f32): f32 {
  return tau == 0 ? 1 : 1 - tau / r;
}

/** y += κ change ⊙ base; items are the open rows of `list`; see addPart.wgsl. */
export function softPart(
  ratio: usize, change: usize, base: usize, y: usize, width: u32, list: usize, tau: f32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row: usize = rowAt(i, list, 0, 0);
    const start: usize = 4 * row * width;
    const kappa = f32x4.splat(shrinkage(load<f32>(ratio + 4 * row), tau));
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const part = f32x4.mul(kappa, f32x4.mul(v128.load(change + d), v128.load(base + start + d)));
      v128.store(y + start + d, f32x4.add(v128.load(y + start + d), part));
    }
  }
}

/**
 * other = dL/dΔ where open, else 0; items are rows; `lambda` is the penalty of an active token; see wideGradient.wgsl.
 */
export function wideGradient(
  ratio: usize, open: usize, change: usize, base: usize, gradOut: usize, other: usize, width: u32,
  tau: f32, lambda: f32, from: u32, to: u32,
): void {
  for (let row: usize = from; row < to; row++) {
    const start: usize = 4 * row * width;
    const own = other + start, g = gradOut + start;
    if (load<u32>(open + 4 * row) == 0) {
      memory.fill(own, 0, 4 * width);
      continue;
    }
    let squares = f32x4.splat(0), along = squares;
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const delta = f32x4.add(v128.load(own + d), f32x4.mul(v128.load(change + d), v128.load(base + start + d)));
      v128.store(own + d, delta);
      squares = f32x4.add(squares, f32x4.mul(delta, delta));
      along = f32x4.add(along, f32x4.mul(v128.load(g + d), delta));
    }
    const squared = sumOf(squares), r = load<f32>(ratio + 4 * row);
    const kappa = shrinkage(r, tau);
    const a: f32 = squared > 0 ? ((1 - kappa) * sumOf(along) + lambda * r) / squared : 0;
    const byG = f32x4.splat(kappa), byDelta = f32x4.splat(a);
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      v128.store(own + d, f32x4.add(f32x4.mul(byG, v128.load(g + d)), f32x4.mul(byDelta, v128.load(own + d))));
    }
  }
}

/** out = gradOut + change ⊙ own; items are rows; see partGradient.wgsl. */
export function partGradient(
  change: usize, gradOut: usize, own: usize, out: usize, width: u32, from: u32, to: u32,
): void {
  for (let row: usize = from; row < to; row++) {
    const start: usize = 4 * row * width;
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const part = f32x4.mul(v128.load(change + d), v128.load(own + start + d));
      v128.store(out + start + d, f32x4.add(v128.load(gradOut + start + d), part));
    }
  }
}
