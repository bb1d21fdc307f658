// Inverted dropout: x [·, D] -> result [·, D] = keep · x / (1 − p), or added to it when ADD, for the rows that `rowAt`
//   names. keep is 1 with probability 1 − p, for rows and for what is in them, from a hash of the pass's key, the
//   module's salt, row and column alone, so whoever asks again gets the same mask. Key 0: nothing is dropped.
// A thread does four numbers.
override D4: u32;
struct Drop {
  salt: u32,                      // of the module
  dropBelow: u32,                 // p · 2³²
  scale: f32,                     // 1 / (1 − p), and by the share of rows that stay
  rowsBelow: u32,                 // share of rows that are dropped whole · 2³²
}
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(3) var<uniform> info: Dims;
@group(0) @binding(4) var<uniform> drop: Drop;

fn hashOf(row: u32) -> u32 { return mixBits(mixBits(mixBits(info.dropoutKey) + drop.salt) + info.before + row); }

fn stays(row: u32, column: u32) -> bool { return mixBits(hashOf(row) + column) >= drop.dropBelow; }

fn rowStays(row: u32) -> bool { return mixBits(hashOf(row) ^ 0x3c6ef372u) >= drop.rowsBelow; }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let row = rowAt(i / D4);
  let column = i % D4;
  let at = row * D4 + column;
  var value = x[at];
  if (info.dropoutKey != 0u) {
    let keep = vec4<bool>(stays(row, 4u * column), stays(row, 4u * column + 1u), stays(row, 4u * column + 2u),
      stays(row, 4u * column + 3u));
    value = select(vec4f(), drop.scale * value, keep & vec4<bool>(rowStays(row)));
  }
  if (ADD) { result[at] += value; } else { result[at] = value; }
}
