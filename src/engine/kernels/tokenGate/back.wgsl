// Of h = y + g s B z with g = σ(logit), and the penalty λ H(g), H the entropy in nats: z, u = Bᵀ ∂L/∂h [rows, R], logit
//   [rows] -> in their places g z, g u and the gradient of the logit, g (1 − g) (s u·z − λ logit). A thread does one
//   row.
override R4: u32;
override SCALING: f32;            // s = alpha / rank
override ENTROPY: f32;            // λ times the tokens of the whole accumulated batch
@group(0) @binding(1) var<storage, read_write> z: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> u: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> logit: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= rowCount()) { return; }
  let row = rowAt(i);
  let g = 1.0 / (1.0 + exp(-logit[row]));
  var mu = 0.0;
  for (var at = row * R4; at < (row + 1u) * R4; at++) {
    mu += dot(u[at], z[at]);
    u[at] *= g;
    z[at] *= g;
  }
  logit[row] = g * (1.0 - g) * (SCALING * mu - ENTROPY / f32(dims.tokens) * logit[row]);
}
