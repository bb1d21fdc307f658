// Column c of a part is column FIRST + c / GROUP · STRIDE + c % GROUP of the whole, all counted in fours. Copies from
// the whole [rows, W4] to the part [rows, P4], or back when JOIN. One thread does four numbers.
override W4: u32;
override P4: u32;
override FIRST: u32;
override GROUP: u32;
override STRIDE: u32;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / P4 >= rowCount()) { return; }
  let row = rowAt(i / P4);
  let c = i % P4;
  let part = row * P4 + c;
  let whole = row * W4 + FIRST + c / GROUP * STRIDE + c % GROUP;
  if (JOIN) { result[whole] = source[part]; } else { result[part] = source[whole]; }
}
