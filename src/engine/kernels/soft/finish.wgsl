// gradB [dOut, R] += s² B moment: what the gradients of Δ have along Δ. A thread does four numbers.
override DOUT: u32;
override R4: u32;
override SCALING: f32;            // s = alpha / rank
@group(0) @binding(0) var<storage, read> b: array<vec4f>;
@group(0) @binding(1) var<storage, read> moment: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradB: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x;
  if (at >= DOUT * R4) { return; }
  let output = at / R4;
  var sum = vec4f();
  for (var k = 0u; k < R4; k++) {
    let bk = b[output * R4 + k];
    for (var j = 0u; j < 4u; j++) { sum += bk[j] * moment[(4u * k + j) * R4 + at % R4]; }
  }
  gradB[at] += SCALING * SCALING * sum;
}
