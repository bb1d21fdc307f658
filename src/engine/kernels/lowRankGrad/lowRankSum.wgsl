// Second half of a low-rank gradient: partial [chunks][LENGTH4 × 4] -> grad += SCALING · Σ chunks, in order.
// A thread does one vec4.
override THREADS: u32;
override CHUNK: u32;
override LENGTH4: u32;            // width · rank / 4
override SCALING: f32;

@group(0) @binding(1) var<storage, read> partial: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> grad: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= LENGTH4) { return; }
  let chunks = (rowCount() + CHUNK - 1u) / CHUNK;
  var sum = vec4<f32>();
  for (var c = 0u; c < chunks; c++) { sum += partial[c * LENGTH4 + id.x]; }
  grad[id.x] += SCALING * sum;
}
