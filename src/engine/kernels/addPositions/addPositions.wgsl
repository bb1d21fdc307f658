// table [COUNT, D], positions of rows -> result [rows, D] += table[position + OFFSET, :], or NaN where there is no such
// row. One thread does four numbers of a row.
override D4: u32;
override COUNT: u32;
override OFFSET: u32;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
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
  let place = rowMeta[row].y + OFFSET;
  let at = rowAt(row) * D4 + i % D4;
  if (place < COUNT) { result[at] += loadW(place * D4 + i % D4); }
  else { result[at] = vec4f(bitcast<f32>(place | 0x7fc00000u)); }  // a NaN that no compiler knows beforehand
}
