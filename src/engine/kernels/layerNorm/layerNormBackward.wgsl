// x, gradOut [rows, D], weight [D], stats [rows, 2] -> gradX [rows, D], with g = gradOut · weight and h = (x − mean) ·
//   rstd: gradX = rstd · (g − mean(g) − h · mean(g · h)). Overwrites, or adds when ACCUMULATE. Weight and bias are
//   frozen.
// One workgroup of WIDTH threads does one row.
override D4: u32;
override ACCUMULATE: bool;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradX: array<vec4f>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * groups.x;
  if (i >= rowCount()) { return; }
  let row = rowAt(i);
  let s = stats[row];
  var sum = 0.0;
  var inner = 0.0;
  for (var d = lane; d < D4; d += WIDTH) {
    let at = row * D4 + d;
    let g = gradOut[at] * weight[d];
    sum += dot(g, vec4f(1));
    inner += dot(g, (x[at] - s.x) * s.y);
  }
  let shift = rowSum(sum, lane) / f32(D4 * 4u);
  let shrink = rowSum(inner, lane) / f32(D4 * 4u);
  for (var d = lane; d < D4; d += WIDTH) {
    let at = row * D4 + d;
    var grad = s.y * (gradOut[at] * weight[d] - shift - (x[at] - s.x) * s.y * shrink);
    if (ACCUMULATE) { grad += gradX[at]; }
    gradX[at] = grad;
  }
}
