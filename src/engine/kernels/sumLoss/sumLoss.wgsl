// loss -> total [segments]: total[s] += Σ loss of segment s, which begins at firstOf(s), always in the same order.
// Accumulates. One workgroup of WIDTH threads does one segment.
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = firstOf(group.x);
  var sum = 0.0;
  for (var row = lane; row < dims.supervised; row += WIDTH) { sum += loss[first + row]; }
  let all = rowSum(sum, lane);
  if (lane == 0u) { total[group.x] += all; }
}
