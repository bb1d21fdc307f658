// g [rows, D], open [rows] -> gradB [D] += Σ g over rows whose gate is closed. A workgroup does X vec4 of columns. Its Y threads
// of a column share the rows and are added up in order, so the sum is the same every time.
override D4: u32;
override X: u32;
override Y: u32;
@group(0) @binding(1) var<storage, read> open: array<u32>;
@group(0) @binding(2) var<storage, read> g: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradB: array<vec4f>;

var<workgroup> parts: array<vec4f, X * Y>;

@compute @workgroup_size(X, Y)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = (group.x + group.y * groups.x) * X + local.x;
  var sum = vec4f();
  if (column < D4) {
    for (var i = local.y; i < rowCount(); i += Y) {
      let row = rowAt(i);
      if (open[row] == 0u) { sum += g[row * D4 + column]; }
    }
  }
  parts[local.y * X + local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < D4) {
    var total = vec4f();
    for (var y = 0u; y < Y; y++) { total += parts[y * X + local.x]; }
    gradB[column] += total;
  }
}
