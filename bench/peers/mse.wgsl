// h, y [rows, D] -> loss [rows], grad [rows, D], for the mean m of (h − y)² over all rows · D:
//   loss = the row's part of m, grad = ∂m/∂h. Overwrites both. One workgroup of WIDTH threads does one row.
override D4: u32;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> h: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> grad: array<vec4f>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= dims.rows) { return; }
  let mean = 1.0 / f32(dims.rows * D4 * 4u);
  var sum = 0.0;
  for (var i = row * D4 + lane; i < (row + 1u) * D4; i += WIDTH) {
    let difference = h[i] - y[i];
    sum += dot(difference, difference);
    grad[i] = 2.0 * mean * difference;
  }
  let all = rowSum(sum, lane);
  if (lane == 0u) { loss[row] = all * mean; }
}
