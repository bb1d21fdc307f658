// x [rows, K], w [K] -> logit [rows] = w·x. Overwrites. One workgroup of WIDTH threads does one row.
override K4: u32;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> logit: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * groups.x;
  if (i >= rowCount()) { return; }
  let row = rowAt(i);
  var sum = 0.0;
  for (var k = lane; k < K4; k += WIDTH) { sum += dot(w[k], x[row * K4 + k]); }
  let total = rowSum(sum, lane);
  if (lane == 0u) { logit[row] = total; }
}
