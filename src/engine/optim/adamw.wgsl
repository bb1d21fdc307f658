// AdamW (torch.optim.AdamW's semantics) over flat buffers of 4 · LENGTH4 f32: params, m, v updated
// from grads scaled by the clipping factor min(1, clip / (norm + 1e-6)). rates [LENGTH4 / 16, rounded up] has a factor
// of the learning rate for every 64 parameters: LoRA+ lets B learn faster than A. norm [3]: the norm, and 1 − beta1^t,
// 1 − beta2^t of this step. Changes nothing when the norm is not finite. A thread does every STRIDE-th vec4.
override THREADS: u32;
override LENGTH4: u32;
override STRIDE: u32;             // threads in the whole dispatch

struct AdamwHyper {
  lr: f32,
  rate1: f32,                     // 1 − beta1: taken from 1 in f64, f32 would lose four digits
  rate2: f32,                     // 1 − beta2
  eps: f32,
  weightDecay: f32,
  clip: f32,                      // largest norm; 0 = no clipping
}

@group(0) @binding(0) var<uniform> hyper: AdamwHyper;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> grads: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> params: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> v: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> rates: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  // Exponent bits: a comparison with NaN or Inf may be optimised away.
  if ((bitcast<u32>(norm[0]) & 0x7f800000u) == 0x7f800000u) { return; }
  let scale = select(1.0, min(1.0, hyper.clip / (norm[0] + 1e-6)), hyper.clip > 0.0);
  for (var i = id.x; i < LENGTH4; i += STRIDE) {
    let lr = hyper.lr * rates[i / 16u];
    let g = scale * grads[i];
    let mNew = m[i] + hyper.rate1 * (g - m[i]);
    let vNew = v[i] + hyper.rate2 * (g * g - v[i]);
    let denominator = sqrt(vNew / norm[2]) + hyper.eps;
    params[i] = params[i] * (1.0 - lr * hyper.weightDecay) - lr * (mNew / norm[1]) / denominator;
    m[i] = mNew;
    v[i] = vNew;
  }
}
