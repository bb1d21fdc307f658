// x [rows, D] -> result [rows, D]: result = gelu(x), the tanh form. Overwrites. One thread does four numbers.
override D4: u32;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= dims.rows * D4) { return; }
  let v = x[id.x];
  result[id.x] = 0.5 * v * (1.0 + tanh(0.7978845608 * (v + 0.044715 * v * v * v)));
}
