// z [·, R] -> result [·, R] = κ z of the open rows, by ratio and the slot's τ. Overwrites these. A thread does four
//   numbers.
override R4: u32;
@group(0) @binding(1) var<storage, read> ratio: array<f32>;
@group(0) @binding(2) var<uniform> slot: GateSlot;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / R4 >= rowCount()) { return; }
  let row = rowAt(i / R4);
  let at = row * R4 + i % R4;
  result[at] = shrinkage(ratio[row], slot.tau) * valueAt(at);
}
