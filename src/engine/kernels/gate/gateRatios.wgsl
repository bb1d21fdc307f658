// r of every row: as `ratiosFrom` (ratio.wgsl) -> ratio [rows]. Overwrites. A thread does AT_ONCE rows.
override THREADS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> ratio: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let first = id.x * AT_ONCE;
  let last = min(first + AT_ONCE, dims.rows);
  if (first >= last) { return; }
  let r = ratiosFrom(first, last - 1u);
  for (var row = first; row < last; row++) { ratio[row] = r[row - first]; }
}
