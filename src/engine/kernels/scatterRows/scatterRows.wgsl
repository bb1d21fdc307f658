// x [n, D], inverse [rows] -> result [rows, D]: result[row, :] = x[inverse[row], :], or zeros where inverse[row]
// is 0xffffffff. Overwrites every row below dims.rows. One thread writes four numbers of a row.
override D4: u32;
@group(0) @binding(1) var<storage, read> inverse: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let row = i / D4;
  if (row >= rowCount()) { return; }
  let source = inverse[row];
  var value = vec4f(0);
  if (source != 0xffffffffu) { value = x[source * D4 + i % D4]; }
  result[rowAt(row) * D4 + i % D4] = value;
}
