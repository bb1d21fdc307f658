// AdaLoRA's gradients at the end of a step: gradB [DOUT, rank] holds dL/d(B diag(E)), which becomes dL/dB = gradB
//   diag(E); gradE [rank] = Σ_j B_j ⊙ gradB_j as it was. b [DOUT, rank], e [rank].
// A workgroup does four ranks; its WIDTH threads share the rows and add up in a tree.
override WIDTH: u32;
override DOUT: u32;
override RANK4: u32;
@group(0) @binding(0) var<storage, read> b: array<vec4f>;
@group(0) @binding(1) var<storage, read> e: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradB: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradE: array<vec4f>;

var<workgroup> sums: array<vec4f, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let r = group.x;
  var sum = vec4f();
  for (var j = lane; j < DOUT; j += WIDTH) {
    let at = j * RANK4 + r;
    sum += b[at] * gradB[at];
    gradB[at] *= e[r];
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) { gradE[r] = sums[0]; }
}
