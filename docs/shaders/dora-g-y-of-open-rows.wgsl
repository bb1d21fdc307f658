// Which rows a product runs over: those whose gate is open. kept[0] is their number, kept[1 + i] the i-th row.
@group(0) @binding(0) var<storage, read> kept: array<u32>;
fn rowCount() -> u32 { return kept[0]; }
fn rowAt(i: u32) -> u32 { return kept[1u + i]; }

// For columnSums.wgsl: gradOut [·, D], base [·, D] -> sums [D] += Σ gradOut ⊙ base.
@group(0) @binding(1) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> base: array<vec4f>;

fn term(row: u32, column: u32) -> vec4f {
  let at = row * D4 + column;
  return gradOut[at] * base[at];
}

// sums [D] += Σ `term(row, column)` over the rows that `rowAt` names, a vec4 of columns at a time; a kernel's snippet
// says what a term is, and binds what it reads at 1 and 2. A workgroup does X vec4 of columns. Its Y threads of a
// column share the rows and are added up in order, so the sum is the same every time.
override D4: u32;
override X: u32;
override Y: u32;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;

var<workgroup> parts: array<vec4f, X * Y>;

@compute @workgroup_size(X, Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let column = (group.x + group.y * groups.x) * X + local.x;
  var sum = vec4f();
  if (column < D4) {
    for (var i = local.y; i < rowCount(); i += Y) { sum += term(rowAt(i), column); }
  }
  parts[local.y * X + local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < D4) {
    var total = vec4f();
    for (var y = 0u; y < Y; y++) { total += parts[y * X + local.x]; }
    sums[column] += total;
  }
}
