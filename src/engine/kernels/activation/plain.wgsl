// x [rows, F] -> result [rows, F]: result = f(x) = x · share(x). Overwrites. One thread does four numbers.
override F4: u32;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / F4 >= rowCount()) { return; }
  let at = rowAt(i / F4) * F4 + i % F4;
  let v = x[at];
  result[at] = v * share(v);
}
