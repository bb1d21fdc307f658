// x [rows, D], weight, bias [D] -> result [rows, D], stats [rows, 2] = {mean, rstd}:
//   rstd = 1 / sqrt(mean((x − mean)²) + eps), result = (x − mean) · rstd · weight + bias. Overwrites both.
// One workgroup of WIDTH threads does one row. The variance is of the differences: mean(x²) − mean² would cancel.
override D4: u32;
override EPS: f32;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * groups.x;
  if (i >= rowCount()) { return; }
  let row = rowAt(i);
  var sum = 0.0;
  for (var d = lane; d < D4; d += WIDTH) { sum += dot(x[row * D4 + d], vec4f(1)); }
  let mean = rowSum(sum, lane) / f32(D4 * 4u);
  var squares = 0.0;
  for (var d = lane; d < D4; d += WIDTH) {
    let v = x[row * D4 + d] - mean;
    squares += dot(v, v);
  }
  let rstd = 1.0 / sqrt(rowSum(squares, lane) / f32(D4 * 4u) + EPS);
  if (lane == 0u) { stats[row] = vec2f(mean, rstd); }
  for (var d = lane; d < D4; d += WIDTH) {
    result[row * D4 + d] = shifted((x[row * D4 + d] - mean) * rstd * weight[d], d);
  }
}
