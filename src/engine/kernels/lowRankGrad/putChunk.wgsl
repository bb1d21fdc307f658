// Several chunks go to partial [chunk][dB, dA], for lowRankSum; one by itself as in putAlone.
@group(0) @binding(5) var<storage, read_write> grads: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> partial: array<vec4f>;
@group(0) @binding(7) var<uniform> shape: Shape;
fn put(isA: bool, chunk: u32, at: u32, value: vec4f) {
  if (chunksOf(rowCount()) == 1u) {
    grads[select(shape.firstB, shape.firstA, isA) + at] += shape.scaling * value;
  } else {
    let lengthB = 4u * shape.outs4 * shape.rank4;
    let length = lengthB + 4u * shape.ins4 * shape.rank4;
    partial[chunk * length + select(0u, lengthB, isA) + at] = value;
  }
}
