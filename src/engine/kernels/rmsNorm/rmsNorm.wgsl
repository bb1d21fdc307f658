// x [rows, GROUPS, D], weight [D] -> result [rows, GROUPS, D], rstd [rows, GROUPS]:
//   rstd = 1 / sqrt(mean(x²) + eps), result = x · rstd · weight. Overwrites both.
// One workgroup of WIDTH threads does one group of a row.
override D4: u32;
override GROUPS: u32 = 1u;
override EPS: f32;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * groups.x;
  if (i >= rowCount() * GROUPS) { return; }
  let row = rowAt(i / GROUPS) * GROUPS + i % GROUPS;
  var sum = 0.0;
  for (var d = lane; d < D4; d += WIDTH) {
    let v = x[row * D4 + d];
    sum += dot(v, v);
  }
  let r = 1.0 / sqrt(rowSum(sum, lane) / f32(D4 * 4u) + EPS);
  if (lane == 0u) { rstd[row] = r; }
  for (var d = lane; d < D4; d += WIDTH) {
    result[row * D4 + d] = x[row * D4 + d] * r * weight[d];
  }
}
