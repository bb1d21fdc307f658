// x, gradOut [rows, GROUPS, D], weight [D], rstd [rows, GROUPS] -> gradX [rows, GROUPS, D], with g = gradOut · weight:
//   gradX = rstd · (g − x · rstd² · mean(g · x)). Overwrites, or adds when ACCUMULATE. The weight is frozen.
// One workgroup of WIDTH threads does one group of a row.
override D4: u32;
override GROUPS: u32 = 1u;
override ACCUMULATE: bool;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradX: array<vec4f>;

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
    let at = row * D4 + d;
    sum += dot(gradOut[at] * weight[d], x[at]);
  }
  let r = rstd[row];
  let shrink = rowSum(sum, lane) / f32(D4 * 4u) * r * r;
  for (var d = lane; d < D4; d += WIDTH) {
    let at = row * D4 + d;
    var grad = r * (gradOut[at] * weight[d] - x[at] * shrink);
    if (ACCUMULATE) { grad += gradX[at]; }
    gradX[at] = grad;
  }
}
