// loss [rows] -> total [1]: total += Σ loss, always in the same order. Accumulates.
// One workgroup of WIDTH threads does all rows.
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var row = lane; row < dims.rows; row += WIDTH) { sum += loss[row]; }
  let all = rowSum(sum, lane);
  if (lane == 0u) { total[0] += all; }
}
