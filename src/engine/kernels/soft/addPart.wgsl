// y [·, D] += κ change [D] ⊙ base [·, D] for the open rows, by ratio and the slot's τ. A thread does four numbers.
override D4: u32;
@group(0) @binding(1) var<storage, read> ratio: array<f32>;
@group(0) @binding(2) var<uniform> slot: GateSlot;
@group(0) @binding(3) var<storage, read> change: array<vec4f>;
@group(0) @binding(4) var<storage, read> base: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;

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
  y[at] += shrinkage(ratio[row], slot.tau) * change[i % D4] * base[at];
}
