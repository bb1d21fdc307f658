// Weights as f16 in pairs of a u32, for adapters without shader-f16: half the memory, arithmetic stays f32.
@group(0) @binding(2) var<storage, read> w: array<vec2u>;
fn loadW(index4: u32) -> vec4f {
  let pairs = w[index4];
  return vec4f(unpack2x16float(pairs.x), unpack2x16float(pairs.y));
}
