// x [rows, GROUPS, D], weight [D], rstd [rows, GROUPS] as rmsNorm left it -> result [rows, GROUPS, D] = x · rstd ·
// weight, the same bits again. Overwrites. One thread does four numbers.
override D4: u32;
override GROUPS: u32 = 1u;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let n = i / D4;
  if (n >= rowCount() * GROUPS) { return; }
  let row = rowAt(n / GROUPS) * GROUPS + n % GROUPS;
  let d = i % D4;
  result[row * D4 + d] = x[row * D4 + d] * rstd[row] * weight[d];
}
