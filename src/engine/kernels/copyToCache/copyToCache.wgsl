// x [rows, D], rowMeta [rows] -> cache [keyRows, D]: cache[keyStart + position, :] = x[row, :]. Other cache rows
// stay. One thread copies four numbers of a row.
override D4: u32;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> cache: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let row = i / D4;
  if (row >= rowCount()) { return; }
  let m = rowMeta[row];
  cache[(m.x + m.y) * D4 + i % D4] = x[rowAt(row) * D4 + i % D4];
}
