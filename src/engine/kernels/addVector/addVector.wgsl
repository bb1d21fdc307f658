// result [rows, D] += FACTOR · v [D], for the rows that `rowAt` names. One thread does four numbers.
override D4: u32;
override FACTOR: f32;
@group(0) @binding(1) var<storage, read> v: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  result[rowAt(i / D4) * D4 + i % D4] += FACTOR * v[i % D4];
}
