// AdamW (torch.optim.AdamW's semantics) over spans [from, to) of 64 parameters, each with a factor of the learning
// rate; see adamw.wgsl. `scale` is the clipping factor, rate1 = 1 − beta1, rate2 = 1 − beta2, corrections = 1 − betaᵗ.
const SPAN: u32 = 64;

export function adamw(
  params: usize, grads: usize, m: usize, v: usize, rates: usize, length: u32, scale: f32, lr: f32,
  rate1: f32, rate2: f32, eps: f32, weightDecay: f32, correction1: f32, correction2: f32, from: u32, to: u32,
): void {
  const s = f32x4.splat(scale), r1 = f32x4.splat(rate1), r2 = f32x4.splat(rate2), e = f32x4.splat(eps);
  const unbias = f32x4.splat(1 / correction2);
  for (let span = from; span < to; span++) {
    const rate = lr * load<f32>(rates + 4 * span);
    const keep = f32x4.splat(1 - rate * weightDecay);
    const size = f32x4.splat(rate / correction1);
    const end: usize = 4 * <usize>min(length, (span + 1) * SPAN);
    for (let at: usize = 4 * <usize>span * SPAN; at < end; at += 16) {
      const g = f32x4.mul(s, v128.load(grads + at));
      const mOld = v128.load(m + at), vOld = v128.load(v + at);
      const mNew = f32x4.add(mOld, f32x4.mul(r1, f32x4.sub(g, mOld)));
      const vNew = f32x4.add(vOld, f32x4.mul(r2, f32x4.sub(f32x4.mul(g, g), vOld)));
      const denominator = f32x4.add(f32x4.sqrt(f32x4.mul(vNew, unbias)), e);
      const kept = f32x4.mul(v128.load(params + at), keep);
      v128.store(params + at, f32x4.sub(kept, f32x4.div(f32x4.mul(size, mNew), denominator)));
      v128.store(m + at, mNew);
      v128.store(v + at, vNew);
    }
  }
}
