// What goes back through W0: gradOut [rows, D] -> result [rows, D] = gradOut ⊙ (1 + change) where `isOpen`, else
// gradOut. Overwrites. One thread does four numbers.
override D4: u32;
@group(0) @binding(1) var<storage, read> change: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let row = rowAt(i / D4);
  let at = row * D4 + i % D4;
  let g = gradOut[at];
  result[at] = select(g, g + change[i % D4] * g, isOpen(row));
}
