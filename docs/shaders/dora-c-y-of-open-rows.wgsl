// Which rows a product runs over: those whose gate is open. kept[0] is their number, kept[1 + i] the i-th row.
@group(0) @binding(0) var<storage, read> kept: array<u32>;
fn rowCount() -> u32 { return kept[0]; }
fn rowAt(i: u32) -> u32 { return kept[1u + i]; }

// y [·, D] += change [D] ⊙ base [·, D] for the rows that `rowAt` names.
// A thread does four numbers.
override D4: u32;
@group(0) @binding(1) var<storage, read> change: array<vec4f>;
@group(0) @binding(2) var<storage, read> base: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let at = rowAt(i / D4) * D4 + i % D4;
  y[at] += change[i % D4] * base[at];
}
