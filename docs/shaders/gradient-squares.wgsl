// Sums of squares: grads [4 · LENGTH4] -> partial [workgroups]. Overwrites.
// A workgroup does CHUNK4 vec4; its threads add in a fixed order.
override WIDTH: u32;
override CHUNK4: u32;
override LENGTH4: u32;

@group(0) @binding(0) var<storage, read> grads: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

var<workgroup> sums: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let last = min((group.x + 1u) * CHUNK4, LENGTH4);
  var sum = 0.0;
  for (var i = group.x * CHUNK4 + lane; i < last; i += WIDTH) { sum += dot(grads[i], grads[i]); }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) { partial[group.x] = sums[0]; }
}
