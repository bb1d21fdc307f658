// AdaLoRA's singular values taken into B: b [DOUT, rank], e [rank] -> scaledB [DOUT, rank] = B diag(E). Overwrites.
// A thread does four numbers.
override DOUT: u32;
override RANK4: u32;
@group(0) @binding(0) var<storage, read> b: array<vec4f>;
@group(0) @binding(1) var<storage, read> e: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> scaledB: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= DOUT * RANK4) { return; }
  scaledB[i] = b[i] * e[i % RANK4];
}
