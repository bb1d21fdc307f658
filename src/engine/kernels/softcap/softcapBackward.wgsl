// gradOut, y [rows, S] -> gradX [rows, S] = gradOut · slopeAt(y), y being capped(x). Overwrites. One thread does four
//   numbers.
override S4: u32;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradX: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / S4 >= rowCount()) { return; }
  let at = rowAt(i / S4) * S4 + i % S4;
  gradX[at] = gradOut[at] * slopeAt(y[at]);
}
