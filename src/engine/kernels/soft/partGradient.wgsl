// What goes back through W0 where Δ has a part change ⊙ (W0 x): gradOut [rows, D], own [rows, D], the gradient of Δ (0
// where no gate is open) -> result [rows, D] = gradOut + change ⊙ own. Overwrites. A thread does four numbers.
override D4: u32;
@group(0) @binding(1) var<storage, read> change: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(3) var<storage, read> own: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let at = rowAt(i / D4) * D4 + i % D4;
  result[at] = gradOut[at] + change[i % D4] * own[at];
}
