// The gradient of Δ = other + change ⊙ base, as wide as the output: change [D], base [rows, D], gradOut [rows, D],
//   ratio, open -> other [rows, D] = κ g + a Δ in its own place where open, else 0; a: see alongDelta. One workgroup of
//   WIDTH threads does one row.
override D4: u32;
override LAMBDA_BAR: f32;         // λ times the tokens of the whole accumulated batch
@group(0) @binding(1) var<storage, read> change: array<vec4f>;
@group(0) @binding(2) var<storage, read> base: array<vec4f>;
@group(0) @binding(3) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(4) var<storage, read> ratio: array<f32>;
@group(0) @binding(5) var<storage, read> open: array<u32>;
@group(0) @binding(6) var<uniform> slot: GateSlot;
@group(0) @binding(7) var<storage, read_write> other: array<vec4f>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * groups.x;
  if (i >= rowCount()) { return; }
  let row = rowAt(i);
  var squared = 0.0;
  var mu = 0.0;
  for (var d = lane; d < D4; d += WIDTH) {
    let at = row * D4 + d;
    let delta = other[at] + change[d] * base[at];
    squared += dot(delta, delta);
    mu += dot(gradOut[at], delta);
  }
  let allSquared = rowSum(squared, lane);
  let allMu = rowSum(mu, lane);
  let isOpen = open[row] != 0u;
  let r = ratio[row];
  let kappa = shrinkage(r, slot.tau);
  let a = alongDelta(kappa, allMu, LAMBDA_BAR / f32(dims.tokens) * r, allSquared);
  for (var d = lane; d < D4; d += WIDTH) {
    let at = row * D4 + d;
    let gradient = kappa * gradOut[at] + a * (other[at] + change[d] * base[at]);
    other[at] = select(vec4f(), gradient, isOpen);
  }
}
