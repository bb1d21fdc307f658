// Gram matrices of all modules of a run: params, in which B [dOut, RANK] of module m begins at vec4 modules[m].first ->
//   out [m] = [RANK, RANK] = BᵀB, each STRIDE4 vec4 after the last. Overwrites.
// A workgroup makes one 4×4 block of one module (z); its WIDTH threads share the rows of B and add up in a tree.
override WIDTH: u32;
override RANK4: u32;              // rank / 4
override STRIDE4: u32;

struct Module { first: u32, dOut: u32 }
@group(0) @binding(0) var<storage, read> modules: array<Module>;
@group(0) @binding(1) var<storage, read> params: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;

var<workgroup> sums: array<mat4x4<f32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) block: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let m = modules[block.z];
  var acc = mat4x4<f32>();
  for (var n = lane; n < m.dOut; n += WIDTH) {
    let i = params[m.first + n * RANK4 + block.y];
    let j = params[m.first + n * RANK4 + block.x];
    acc += mat4x4<f32>(i.x * j, i.y * j, i.z * j, i.w * j);
  }
  sums[lane] = acc;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    for (var k = 0u; k < 4u; k++) { out[block.z * STRIDE4 + (4u * block.y + k) * RANK4 + block.x] = sums[0][k]; }
  }
}
