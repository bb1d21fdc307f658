// Bᵀ of the gradient of Δ, of the open rows: z [rows, R], gram [R, R] = BᵀB, mu, ratio ->
//   u [·, R] = κ u + a s BᵀB z in u's place (it came as Bᵀg), along [·] = a: see alongDelta. ‖Δ‖² = s² zᵀ BᵀB z.
// A thread does one row.
override R4: u32;
override SCALING: f32;            // s = alpha / rank
override LAMBDA_BAR: f32;         // λ times the tokens of the whole accumulated batch
@group(0) @binding(1) var<uniform> dims: Dims;
@group(0) @binding(2) var<uniform> slot: GateSlot;
@group(0) @binding(3) var<storage, read> z: array<vec4f>;
@group(0) @binding(4) var<storage, read> gram: array<vec4f>;
@group(0) @binding(5) var<storage, read> mu: array<f32>;
@group(0) @binding(6) var<storage, read> ratio: array<f32>;
@group(0) @binding(7) var<storage, read_write> u: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> along: array<f32>;

fn gramTimes(row: u32, k: u32) -> vec4f {
  var sum = vec4f();
  for (var q = 0u; q < R4; q++) {
    let zq = z[row * R4 + q];
    for (var j = 0u; j < 4u; j++) { sum[j] += dot(gram[(4u * k + j) * R4 + q], zq); }
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= rowCount()) { return; }
  let row = rowAt(id.x);
  var squared = 0.0;
  for (var k = 0u; k < R4; k++) { squared += dot(z[row * R4 + k], gramTimes(row, k)); }
  let r = ratio[row];
  let kappa = shrinkage(r, slot.tau);
  let penalty = LAMBDA_BAR / f32(dims.tokens) * r;
  let a = alongDelta(kappa, mu[row], penalty, SCALING * SCALING * squared);
  for (var k = 0u; k < R4; k++) { u[row * R4 + k] = kappa * u[row * R4 + k] + a * SCALING * gramTimes(row, k); }
  along[row] = a;
}
