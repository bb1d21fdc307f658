// First half of a low-rank gradient: wide [·, WIDE], narrow [·, RANK] -> partial [chunk][gradient] =
//   Σ wide[row, n]·narrow[row, r] over the CHUNK rows of workgroup x (all rows, or the active list's).
//   The gradient is [RANK, WIDE] when TRANSPOSED, else [WIDE, RANK]. Overwrites its chunks.
// A thread makes 8 n × 4 r: two vec4 of n, half the width apart so that neighbours read side by side.
override THREADS: u32;
override CHUNK: u32;
override WIDE4: u32;              // width / 4
override RANK4: u32;              // rank / 4
override TRANSPOSED: bool;

@group(0) @binding(1) var<storage, read> wide: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> narrow: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4<f32>>;

// Columns of acc: r; rows: n.
fn store(base: u32, n4: u32, r4: u32, acc: mat4x4<f32>) {
  if (TRANSPOSED) {
    for (var k = 0u; k < 4u; k++) { partial[base + (4u * r4 + k) * WIDE4 + n4] = acc[k]; }
  } else {
    let byColumn = transpose(acc);
    for (var k = 0u; k < 4u; k++) { partial[base + (4u * n4 + k) * RANK4 + r4] = byColumn[k]; }
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let half = (WIDE4 + 1u) / 2u;
  let tile = group.y * THREADS + lane;
  let n4 = tile % half;
  let r4 = tile / half;
  if (r4 >= RANK4) { return; }
  let paired = n4 + half < WIDE4;
  let m4 = select(n4, n4 + half, paired);
  var a = mat4x4<f32>();
  var b = mat4x4<f32>();
  let last = min((group.x + 1u) * CHUNK, rowCount());
  for (var i = group.x * CHUNK; i < last; i++) {
    let row = rowAt(i);
    let v = narrow[row * RANK4 + r4];
    let w = wide[row * WIDE4 + n4];
    let u = wide[row * WIDE4 + m4];
    a += mat4x4<f32>(v.x * w, v.y * w, v.z * w, v.w * w);
    b += mat4x4<f32>(v.x * u, v.y * u, v.z * u, v.w * u);
  }
  let base = group.x * WIDE4 * RANK4 * 4u;
  store(base, n4, r4, a);
  if (paired) { store(base, m4, r4, b); }
}
