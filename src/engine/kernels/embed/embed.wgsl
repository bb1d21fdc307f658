// ids [rows], table part [COUNT, D] -> result [rows, D]: result[row, :] = SCALE · table[ids[row] − FIRST, :] for the
// ids that lie in this part of the table; other rows stay, but the first part fills those whose id is in none with NaN.
// Overwrites. One thread copies four numbers of a row.
override D4: u32;
override FIRST: u32;
override COUNT: u32;
override TOTAL: u32;  // rows of all parts
override SCALE: f32 = 1.0;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
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
  let at = ids[row] - FIRST;
  if (FIRST == 0u && at >= TOTAL) {
    result[rowAt(row) * D4 + i % D4] = vec4f(bitcast<f32>(at | 0x7fc00000u));
     // a NaN that no compiler knows beforehand;
    return;
  }
  if (at >= COUNT) { return; }
  result[rowAt(row) * D4 + i % D4] = SCALE * loadW(at * D4 + i % D4);
}
