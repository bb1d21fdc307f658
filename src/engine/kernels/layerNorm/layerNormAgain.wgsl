// x [rows, D], weight, bias [D], stats [rows, 2] as layerNorm left them -> result [rows, D], the same bits again.
// Overwrites. One thread does four numbers.
override D4: u32;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let row = rowAt(i / D4);
  let d = i % D4;
  result[row * D4 + d] = shifted((x[row * D4 + d] - stats[row].x) * stats[row].y * weight[d], d);
}
