// Second half of the low-rank gradients where rows were cut: partial [chunks][dB, dA] -> gradB += scaling · Σ chunks,
//   gradA the same, in order. A thread does one vec4.
override THREADS: u32;

@group(0) @binding(1) var<storage, read> partial: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradB: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradA: array<vec4f>;
@group(0) @binding(4) var<uniform> shape: Shape;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lengthB = 4u * shape.outs4 * shape.rank4;
  let length = lengthB + 4u * shape.ins4 * shape.rank4;
  if (id.x >= length) { return; }
  let chunks = chunksOf(rowCount());
  var sum = vec4f();
  for (var c = 0u; c < chunks; c++) { sum += partial[c * length + id.x]; }
  if (id.x < lengthB) { gradB[id.x] += shape.scaling * sum; } else { gradA[id.x - lengthB] += shape.scaling * sum; }
}
