// x [rows, S] = capped(x), in place. One thread does four numbers.
override S4: u32;
@group(0) @binding(1) var<storage, read_write> x: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / S4 >= rowCount()) { return; }
  let at = rowAt(i / S4) * S4 + i % S4;
  x[at] = capped(x[at]);
}
