// The backward of meanRows: gradOut [targets, D] -> gradX [n, D]; every row of a sequence gets its share of the
// sequence's gradient, zeros where the sequence has no target. Overwrites. One thread writes four numbers of a row.
override D4: u32;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // first row, position, end of the sequence, 0
@group(0) @binding(2) var<storage, read> targetOfRow: array<u32>;
@group(0) @binding(3) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gradX: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let row = i / D4;
  if (row >= rowCount()) { return; }
  let place = rowMeta[row];
  let source = targetOfRow[row - place.y];
  var value = vec4f(0);
  if (source != 0xffffffffu) { value = gradOut[source * D4 + i % D4] / f32(place.z - place.x); }
  gradX[rowAt(row) * D4 + i % D4] = value;
}
