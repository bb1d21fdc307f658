// x [rows, H·hd], rotated in place: in every head the pair (i, i + HALF) turns by the angle whose cosine and sine
// are table[position, i]; by its negative when INVERSE. What of a head is past its pairs stays. One thread turns one
//   pair.
override HEADS: u32;
override HALF: u32;
override HEAD: u32 = 2u * HALF;  // hd
override INVERSE: bool;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(2) var<storage, read> table: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let pair = (group.x + group.y * groups.x) * 64u + lane;
  let row = pair / (HEADS * HALF);
  if (row >= rowCount()) { return; }
  let i = pair % HALF;
  let first = (rowAt(row) * HEADS + pair / HALF % HEADS) * HEAD + i;
  let cs = table[rowMeta[row].y * HALF + i];
  let s = select(cs.y, -cs.y, INVERSE);
  let a = x[first];
  let b = x[first + HALF];
  x[first] = a * cs.x - b * s;
  x[first + HALF] = b * cs.x + a * s;
}
