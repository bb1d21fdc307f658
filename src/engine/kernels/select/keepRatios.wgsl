// r of a part's rows, to where all rows of the step have theirs: ratio [rows] -> ratios [first + row]. Overwrites. A
// thread does one row.
override THREADS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> ratio: array<f32>;
@group(0) @binding(2) var<storage, read_write> ratios: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < dims.rows) { ratios[dims.first + id.x] = ratio[id.x]; }
}
