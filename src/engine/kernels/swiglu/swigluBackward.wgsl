// gate, up, gradOut [rows, F] -> gradGate, gradUp [rows, F], with s = sigmoid(gate):
//   gradUp = gradOut · gate · s, gradGate = gradOut · up · s · (1 + gate · (1 − s)). Overwrites both.
// One thread does four numbers.
override F4: u32;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> gate: array<vec4f>;
@group(0) @binding(2) var<storage, read> up: array<vec4f>;
@group(0) @binding(3) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gradGate: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradUp: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= dims.rows * F4) { return; }
  let g = gate[i];
  let s = sigmoid(g);
  let grad = gradOut[i];
  gradUp[i] = grad * g * s;
  gradGate[i] = grad * up[i] * s * (1.0 + g * (1.0 - s));
}
