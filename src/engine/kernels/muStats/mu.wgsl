// First-order change of the loss per row: u [rows, RANK], z [rows, RANK] -> mu [rows] = s·u·z. Overwrites.
// A thread does one row.
override THREADS: u32;
override RANK4: u32;              // rank / 4
override SCALING: f32;            // s = alpha / rank

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> mu: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  if (row >= dims.rows) { return; }
  var sum = 0.0;
  for (var k = 0u; k < RANK4; k++) { sum += dot(u[row * RANK4 + k], z[row * RANK4 + k]); }
  mu[row] = SCALING * sum;
}
