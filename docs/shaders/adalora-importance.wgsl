// What AdaLoRA does after this optimizer step.
struct AdaloraHyper {
  rate1: f32,                     // 1 − beta1, of the sensitivity's average
  rate2: f32,                     // 1 − beta2, of its uncertainty's
  clip: f32,                      // largest gradient norm; 0 = no clipping
  learn: u32,                     // 1: sensitivity is measured
  allocate: u32,                  // 1: `kept` is chosen anew
  mask: u32,                      // 1: singular values that are not kept become 0
  drop: u32,                      // how many of them go, those of equal score with them
}
@group(0) @binding(0) var<uniform> hyper: AdaloraHyper;

// Sensitivity of every parameter: params, grads [4 · LENGTH4] (before clipping), norm [1] ->
//   ipt += rate1 · (|p · g| − ipt), unc += rate2 · (| |p · g| − ipt | − unc), with the new ipt and g as clipped.
// Nothing happens unless `learn`, or when the norm is not finite. A thread does every STRIDE-th vec4.
override LENGTH4: u32;
override STRIDE: u32;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> params: array<vec4f>;
@group(0) @binding(3) var<storage, read> grads: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> ipt: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> unc: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (hyper.learn == 0u || (bitcast<u32>(norm[0]) & 0x7f800000u) == 0x7f800000u) { return; }
  let scale = select(1.0, min(1.0, hyper.clip / (norm[0] + 1e-6)), hyper.clip > 0.0);
  for (var i = id.x; i < LENGTH4; i += STRIDE) {
    let now = abs(params[i] * (scale * grads[i]));
    let mean = ipt[i] + hyper.rate1 * (now - ipt[i]);
    ipt[i] = mean;
    unc[i] += hyper.rate2 * (abs(now - mean) - unc[i]);
  }
}
