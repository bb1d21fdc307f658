// Two sums over a row's outputs, with Δ's part along W0 x: change [D], base [rows, D] and other [rows, D] ->
//   result [rows] = Σ (other + change ⊙ base)² (‖Δ‖², other = s·scaledB·z) or, when DOT, Σ other ⊙ change ⊙ base (⟨g,
//   ·⟩, other = g).
// Overwrites. One workgroup of WIDTH threads does one row.
override D4: u32;
@group(0) @binding(1) var<storage, read> change: array<vec4f>;
@group(0) @binding(2) var<storage, read> base: array<vec4f>;
@group(0) @binding(3) var<storage, read> other: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;

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
  for (var d = lane; d < D4; d += WIDTH) {
    let at = row * D4 + d;
    let part = change[d] * base[at];
    let delta = other[at] + part;
    sum += select(dot(delta, delta), dot(other[at], part), DOT);
  }
  let total = rowSum(sum, lane);
  if (lane == 0u) { result[row] = total; }
}
