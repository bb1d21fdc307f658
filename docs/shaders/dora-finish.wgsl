// DoRA's gradients at the end of a step: gradB [dOut, rank] holds dL/d(scaledB), gradM [dOut] Σ S g ⊙ (W0 x), which
//   become gradM = (gradM + B_j · gradB_j) / n and gradB = (1 + change) · gradB: the chain through scaledB = (1 +
//   change) B, with n held constant. b [dOut, rank], norm and change as scale.wgsl left them. A thread does one output.
override DOUT: u32;
override RANK4: u32;
@group(0) @binding(0) var<storage, read> b: array<vec4f>;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> change: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradB: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gradM: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = id.x;
  if (j >= DOUT) { return; }
  var sum = gradM[j];
  for (var r = 0u; r < RANK4; r++) {
    let at = j * RANK4 + r;
    sum += dot(b[at], gradB[at]);
    gradB[at] *= 1.0 + change[j];
  }
  gradM[j] = select(sum / norm[j], 0.0, norm[j] == 0.0);
}
