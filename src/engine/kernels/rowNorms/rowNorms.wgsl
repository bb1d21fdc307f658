// Norms of the rows of a frozen matrix: W [rows, 4 · K4] by `loadW` -> squares [rows] = Σ W², norms [rows] = its root.
// Overwrites. One workgroup of WIDTH threads does one row.
override K4: u32;
override ROWS: u32;
@group(0) @binding(0) var<storage, read_write> squares: array<f32>;
@group(0) @binding(1) var<storage, read_write> norms: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= ROWS) { return; }
  var sum = 0.0;
  for (var k = lane; k < K4; k += WIDTH) {
    let w = loadW(row * K4 + k);
    sum += dot(w, w);
  }
  let total = rowSum(sum, lane);
  if (lane == 0u) {
    squares[row] = total;
    norms[row] = sqrt(total);
  }
}
