// Mean of each sequence's rows, x [n, D] -> result [targets, D], at the target that its first row has in targetOfRow
// (0xffffffff: none). One thread sums four numbers of a sequence, in the rows' order.
override D4: u32;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // first row, position, end of the sequence, 0
@group(0) @binding(2) var<storage, read> targetOfRow: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let row = i / D4;
  if (row >= rowCount() || targetOfRow[row] == 0xffffffffu) { return; }
  let place = rowMeta[row];
  var sum = vec4f(0);
  for (var r = place.x; r < place.z; r++) { sum += x[r * D4 + i % D4]; }
  result[targetOfRow[row] * D4 + i % D4] = sum / f32(place.z - place.x);
}
