// x [rows, D] -> result [rows, D] = FACTOR · x, or result + FACTOR · x when ADD, for the rows that `rowAt` names. One
// thread does four numbers.
override D4: u32;
override FACTOR: f32 = 1.0;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let at = rowAt(i / D4) * D4 + i % D4;
  if (ADD) { result[at] += FACTOR * x[at]; } else { result[at] = FACTOR * x[at]; }
}
