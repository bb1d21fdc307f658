// Weights as f16, for adapters with shader-f16 (the composer puts `enable f16;` first); arithmetic stays f32.
@group(0) @binding(2) var<storage, read> w: array<vec4<f16>>;
fn loadW(index4: u32) -> vec4f { return vec4f(w[index4]); }
