// gradIn [rows, K] += gradLogit [rows] w [K]. A thread does four numbers.
override K4: u32;
@group(0) @binding(1) var<storage, read> gradLogit: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradIn: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / K4 >= rowCount()) { return; }
  let row = rowAt(i / K4);
  gradIn[row * K4 + i % K4] += gradLogit[row] * w[i % K4];
}
