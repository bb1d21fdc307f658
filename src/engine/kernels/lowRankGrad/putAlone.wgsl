// One chunk has all rows: scaled and added to grads, in which dB begins at vec4 firstB and dA at firstA.
@group(0) @binding(5) var<storage, read_write> grads: array<vec4f>;
@group(0) @binding(6) var<uniform> shape: Shape;
fn put(isA: bool, chunk: u32, at: u32, value: vec4f) { grads[select(shape.firstB, shape.firstA, isA) + at] += shape.scaling * value; }
