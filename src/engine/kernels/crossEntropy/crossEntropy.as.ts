// Loss of rows [from, to) and, with `gradient`, its gradient in the logits' place; see crossEntropy.wgsl. `cap` is 0
// where the logits are not held.
import { constants } from '../constants.as';
import { exp1, exp4, expOf, log1, maxOf } from '../math.as';
import { scratchAddress } from '../scratch.as';
import { slopeAt } from '../softcap/softcap.as';

/** Columns that are summed in f32 before they go to a sum in f64: a vocabulary of 50k would wear f32 out. */
const COLUMNS: u32 = 1024;

export function crossEntropy(
  targets: usize, logits: usize, loss: usize, vocab: u32, stride: u32, gradient: bool, cap: f32, lossScale: f32,
  from: u32, to: u32,
): void {
  // Columns in sixteens, and the rest: those are copied, since numbers past the vocabulary must not count.
  const whole = vocab & ~15;
  const rest = scratchAddress();
  for (let row = from; row < to; row++) {
    const x = logits + 4 * <usize>row * stride;
    const target = load<u32>(targets + 4 * row);
    const known = target < vocab;
    const label = x + 4 * <usize>target;
    const labelLogit: f32 = known ? load<f32>(label) : NaN;
    for (let i: u32 = 0; i < 16; i++) store<f32>(rest + 4 * i,
      whole + i < vocab ? load<f32>(x + 4 * (whole + i)) : -Infinity);
    const top = max(topOf(x, whole), topOf(rest, 16));
    let sum = <f64>expOf(rest, rest, 16, 1, top);
    for (let first: u32 = 0; first < whole; first += COLUMNS) {
      const at = x + 4 * first;
      // What is summed for the loss alone is put aside; a held logit is needed once more.
      sum += <f64>expOf(at, gradient && cap == 0 ? at : rest + 64, min(whole - first, COLUMNS), 1, top);
    }
    store<f32>(loss + 4 * row, log1(<f32>sum) + (top - labelLogit));
    if (!gradient) continue;
    const scale = lossScale / <f32>sum, scales = f32x4.splat(scale);
    if (cap > 0) {
      heldGradient(x, rest, vocab, stride, top, scale, 1 / cap);
      if (known) store<f32>(label, (exp1(labelLogit - top) / <f32>sum - 1) * lossScale * slopeOf(labelLogit, 1 / cap));
      continue;
    }
    for (let at = x; at < x + 4 * whole; at += 16) v128.store(at, f32x4.mul(v128.load(at), scales));
    for (let i = whole; i < stride; i++) store<f32>(x + 4 * i,
      i < vocab ? load<f32>(rest + 4 * (i - whole)) * scale : 0);
    if (known) store<f32>(label, (exp1(labelLogit - top) / <f32>sum - 1) * lossScale);
  }
}

/**
 * The gradient but for the label's column, where logits are held; `rest` has e^(logit − top) of those past the
 * sixteens.
 */
function heldGradient(x: usize, rest: usize, vocab: u32, stride: u32, top: f32, scale: f32, inverse: f32): void {
  const whole = vocab & ~15;
  const c = constants(), tops = f32x4.splat(top), scales = f32x4.splat(scale), by = f32x4.splat(inverse);
  for (let at = x; at < x + 4 * whole; at += 16) {
    const y = v128.load(at);
    v128.store(at, f32x4.mul(f32x4.mul(exp4(f32x4.sub(y, tops), c), scales), slopeAt(y, by, c)));
  }
  for (let i = whole; i < stride; i++) {
    const at = x + 4 * i;
    store<f32>(at, i < vocab ? load<f32>(rest + 4 * (i - whole)) * scale * slopeOf(load<f32>(at), inverse) : 0);
  }
}

@inline function slopeOf(y: f32, inverse: f32): f32 { return 1 - (y * inverse) * (y * inverse); }

/** Largest of `count` numbers, a multiple of 16. */
function topOf(x: usize, count: u32): f32 {
  let t0 = f32x4.splat(-Infinity), t1 = t0, t2 = t0, t3 = t0;
  for (const end = x + 4 * count; x < end; x += 64) {
    t0 = f32x4.pmax(t0, v128.load(x));
    t1 = f32x4.pmax(t1, v128.load(x, 16));
    t2 = f32x4.pmax(t2, v128.load(x, 32));
    t3 = f32x4.pmax(t3, v128.load(x, 48));
  }
  return maxOf(f32x4.pmax(f32x4.pmax(t0, t1), f32x4.pmax(t2, t3)));
}
