// Gram matrix: b [DOUT, RANK] -> out [RANK, RANK] = bᵀb. Overwrites.
// A workgroup makes one 4×4 block; its WIDTH threads share the rows of b and add up in a tree.
override WIDTH: u32;
override DOUT: u32;
override RANK4: u32;              // rank / 4

@group(0) @binding(0) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;

var<workgroup> sums: array<mat4x4<f32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) block: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var acc = mat4x4<f32>();
  for (var n = lane; n < DOUT; n += WIDTH) {
    let i = b[n * RANK4 + block.y];
    let j = b[n * RANK4 + block.x];
    acc += mat4x4<f32>(i.x * j, i.y * j, i.z * j, i.w * j);
  }
  sums[lane] = acc;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    for (var k = 0u; k < 4u; k++) { out[(4u * block.y + k) * RANK4 + block.x] = sums[0][k]; }
  }
}
