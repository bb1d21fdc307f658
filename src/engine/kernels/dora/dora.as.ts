// DoRA's work over rows × outputs, and its scale over outputs. Rows of a pass as in rows.as.ts.
import { sumOf } from '../math.as';
import { rowAt } from '../rows/rows.as';

/** y += change ⊙ base for items [from, to), which are rows; see addScaled.wgsl. */
export function addScaled(
  change: usize, base: usize, y: usize, width: u32, list: usize, rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const start: usize = 4 * <usize>rowAt(i, list, rows, stride) * width;
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const part = f32x4.mul(v128.load(change + d), v128.load(base + start + d));
      v128.store(y + start + d, f32x4.add(v128.load(y + start + d), part));
    }
  }
}

/** out = g ⊙ (1 + change), or g where `open` (0: all are) says no; items are rows; see frozenGradient.wgsl. */
export function frozenGradient(
  change: usize, gradOut: usize, open: usize, out: usize, width: u32, rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row = rowAt(i, 0, rows, stride);
    const start: usize = 4 * <usize>row * width;
    if (open != 0 && load<u32>(open + 4 * row) == 0) {
      memory.copy(out + start, gradOut + start, 4 * width);
      continue;
    }
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const g = v128.load(gradOut + start + d);
      v128.store(out + start + d, f32x4.add(g, f32x4.mul(v128.load(change + d), g)));
    }
  }
}

/** ‖other + change ⊙ base‖², or ⟨other, change ⊙ base⟩ when `dot`; items are rows; see rowTerms.wgsl. */
export function rowTerms(
  change: usize, base: usize, other: usize, out: usize, width: u32, dot: bool,
  rows: u32, stride: u32, from: u32, to: u32,
): void {
  for (let i = from; i < to; i++) {
    const row = rowAt(i, 0, rows, stride);
    const start: usize = 4 * <usize>row * width;
    let sum = f32x4.splat(0);
    for (let d: u32 = 0; d < 4 * width; d += 16) {
      const part = f32x4.mul(v128.load(change + d), v128.load(base + start + d));
      const v = v128.load(other + start + d);
      const delta = f32x4.add(v, part);
      sum = f32x4.add(sum, dot ? f32x4.mul(v, part) : f32x4.mul(delta, delta));
    }
    store<f32>(out + 4 * row, sumOf(sum));
  }
}

/** Columns of an item of `columnDots`: a line of the cache. */
const COLUMNS: u32 = 16;

/** sums += Σ g ⊙ base; items are blocks of columns, each summed over the rows in order; see columnDots.wgsl. */
export function columnDots(
  gradOut: usize, base: usize, sums: usize, width: u32,
  list: usize, rowsOfSegment: u32, stride: u32, rows: u32, from: u32, to: u32,
): void {
  const end = min(width, to * COLUMNS);
  let column: u32 = from * COLUMNS;
  for (; column + COLUMNS <= end; column += COLUMNS) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let i: u32 = 0; i < rows; i++) {
      const at: usize = 4 * (<usize>rowAt(i, list, rowsOfSegment, stride) * width + column);
      const g = gradOut + at, b = base + at;
      s0 = f32x4.add(s0, f32x4.mul(v128.load(g), v128.load(b)));
      s1 = f32x4.add(s1, f32x4.mul(v128.load(g, 16), v128.load(b, 16)));
      s2 = f32x4.add(s2, f32x4.mul(v128.load(g, 32), v128.load(b, 32)));
      s3 = f32x4.add(s3, f32x4.mul(v128.load(g, 48), v128.load(b, 48)));
    }
    const own = sums + 4 * column;
    v128.store(own, f32x4.add(v128.load(own), s0));
    v128.store(own, f32x4.add(v128.load(own, 16), s1), 16);
    v128.store(own, f32x4.add(v128.load(own, 32), s2), 32);
    v128.store(own, f32x4.add(v128.load(own, 48), s3), 48);
  }
  for (; column < end; column += 4) {
    let sum = f32x4.splat(0);
    for (let i: u32 = 0; i < rows; i++) {
      const at: usize = 4 * (<usize>rowAt(i, list, rowsOfSegment, stride) * width + column);
      sum = f32x4.add(sum, f32x4.mul(v128.load(gradOut + at), v128.load(base + at)));
    }
    const own = sums + 4 * column;
    v128.store(own, f32x4.add(v128.load(own), sum));
  }
}

/** n, change and scaledB; items are outputs; see scale.wgsl. */
export function doraScale(
  rowNormSquared: usize, product: usize, gram: usize, b: usize, m: usize, norm: usize, change: usize, scaledB: usize,
  dOut: u32, rank: u32, scaling: f32, from: u32, to: u32,
): void {
  for (let j = from; j < to; j++) {
    const row = b + 4 * <usize>j * rank;
    let cross: f32 = 0;
    let own = f32x4.splat(0);
    for (let r: u32 = 0; r < rank; r++) {
      const br = load<f32>(row + 4 * r);
      cross += br * load<f32>(product + 4 * (r * dOut + j));
      let sum = f32x4.splat(0);
      for (let q: u32 = 0; q < rank; q += 4) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(gram + 4 * (r * rank + q)), v128.load(row + 4 * q)));
      }
      own = f32x4.add(own, f32x4.mul(f32x4.splat(br), sum));
    }
    const n = sqrt<f32>(max<f32>(load<f32>(rowNormSquared + 4 * j) + scaling * (2 * cross + scaling * sumOf(own)), 0));
    const wanted = load<f32>(m + 4 * j);
    // Exactly 0 where nothing was learnt, also in rows of zeros.
    const c: f32 = wanted == n ? 0 : (wanted - n) / n;
    store<f32>(norm + 4 * j, n);
    store<f32>(change + 4 * j, c);
    const scale = f32x4.splat(1 + c);
    const out = scaledB + 4 * <usize>j * rank;
    for (let r: u32 = 0; r < 4 * rank; r += 16) v128.store(out + r, f32x4.mul(scale, v128.load(row + r)));
  }
}
