// r of every row by `ratioOf` -> ratio [rows]. Overwrites. A thread does one row.
override THREADS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> ratio: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < dims.rows) { ratio[id.x] = ratioOf(id.x); }
}
