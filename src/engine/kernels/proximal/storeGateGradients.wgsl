// Stores the gate gradients of a micro-batch of one module: ratio [rows], mu [rows] -> pairs [first + row] = (r bits,
// mu bits), in passes of the kind that gate gradients come from. Overwrites. A thread does one row.
override THREADS: u32;
override KIND: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> ratio: array<u32>;
@group(0) @binding(2) var<storage, read> mu: array<u32>;
@group(0) @binding(3) var<storage, read_write> pairs: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (dims.kind == KIND && id.x < dims.rows) { pairs[dims.first + id.x] = vec2<u32>(ratio[id.x], mu[id.x]); }
}
