// gradOut, out [rows, H·hd], lse [rows, H] -> stats [rows, H, 2] = {lse, D} with D = Σ gradOut · out over the head:
// all that the other backward passes need of the softmax, in one binding. Overwrites.
// One thread does one row and one head.
override HEADS: u32;
override HD4: u32;  // hd / 4
@group(0) @binding(1) var<storage, read> result: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / HEADS >= rowCount()) { return; }
  let at = rowAt(i / HEADS) * HEADS + i % HEADS;
  var sum = 0.0;
  for (var d = at * HD4; d < (at + 1u) * HD4; d++) { sum += dot(result[d], gradOut[d]); }
  stats[at] = vec2f(lse[at], sum);
}
