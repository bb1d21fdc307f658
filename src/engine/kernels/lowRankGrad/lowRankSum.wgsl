// Second half of the low-rank gradients where rows were cut: partial [chunks][dB, dA] -> grads += scaling · Σ chunks,
//   in order; dB begins in it at vec4 firstB, dA at firstA. A thread does one vec4.
override THREADS: u32;

@group(0) @binding(1) var<storage, read> partial: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> grads: array<vec4f>;
@group(0) @binding(3) var<uniform> shape: Shape;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let lengthB = 4u * shape.outs4 * shape.rank4;
  let length = lengthB + 4u * shape.ins4 * shape.rank4;
  let chunks = chunksOf(rowCount());
  // One chunk is in the gradients already.
  if (id.x >= length || chunks < 2u) { return; }
  var sum = vec4f();
  for (var c = 0u; c < chunks; c++) { sum += partial[c * length + id.x]; }
  grads[select(shape.firstA + id.x - lengthB, shape.firstB + id.x, id.x < lengthB)] += shape.scaling * sum;
}
