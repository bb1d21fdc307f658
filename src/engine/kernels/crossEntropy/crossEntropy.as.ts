// Loss of rows [from, to) and, with `gradient`, its gradient in the logits' place; see crossEntropy.wgsl.
import { exp4, log1, maxOf, sumOf } from '../math.as';

/** Columns that are summed in f32 before they go to a sum in f64: a vocabulary of 50k would wear f32 out. */
const COLUMNS: u32 = 1024;

export function crossEntropy(targets: usize, logits: usize, loss: usize, vocab: u32, stride: u32, gradient: bool, lossScale: f32, from: u32, to: u32): void {
  const whole = vocab & ~3;
  for (let row = from; row < to; row++) {
    const x = logits + 4 * <usize>row * stride;
    const label = x + 4 * load<u32>(targets + 4 * row);
    const labelLogit = load<f32>(label);
    const top = topOf(x, vocab);
    const tops = f32x4.splat(top);
    let sum: f64 = 0;
    for (let first: u32 = 0; first < whole; first += COLUMNS) {
      const end = x + 4 * min(whole, first + COLUMNS);
      let s = f32x4.splat(0);
      for (let at = x + 4 * first; at < end; at += 16) {
        const e = exp4(f32x4.sub(v128.load(at), tops));
        if (gradient) v128.store(at, e);
        s = f32x4.add(s, e);
      }
      sum += <f64>sumOf(s);
    }
    if (whole < vocab) {
      // Columns past the vocabulary in the last four weigh nothing.
      const at = x + 4 * whole;
      const e = v128.and(exp4(f32x4.sub(v128.load(at), tops)), before(vocab - whole));
      if (gradient) v128.store(at, e);
      sum += <f64>sumOf(e);
    }
    store<f32>(loss + 4 * row, log1(<f32>sum) + (top - labelLogit));
    if (!gradient) continue;
    const p = load<f32>(label) / <f32>sum;
    const scale = f32x4.splat(lossScale / <f32>sum);
    const used = (vocab + 3) & ~3;
    for (let at = x; at < x + 4 * used; at += 16) v128.store(at, f32x4.mul(v128.load(at), scale));
    for (let at = x + 4 * used; at < x + 4 * stride; at += 16) v128.store(at, f32x4.splat(0));
    store<f32>(label, (p - 1) * lossScale);
  }
}

/** Largest of `vocab` numbers. */
@inline function topOf(x: usize, vocab: u32): f32 {
  const whole = vocab & ~3;
  let t0 = f32x4.splat(-Infinity), t1 = t0;
  let i: u32 = 0;
  for (; i + 8 <= whole; i += 8) {
    t0 = f32x4.pmax(t0, v128.load(x + 4 * i));
    t1 = f32x4.pmax(t1, v128.load(x + 4 * i, 16));
  }
  for (; i < whole; i += 4) t0 = f32x4.pmax(t0, v128.load(x + 4 * i));
  let top = maxOf(f32x4.pmax(t0, t1));
  for (; i < vocab; i++) top = max(top, load<f32>(x + 4 * i));
  return top;
}

/** Ones in the first `count` lanes. */
@inline function before(count: u32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}
