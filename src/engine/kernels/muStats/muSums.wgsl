// Sums of mu [rows] by the gate open [rows], added to the StatSlot: kept, skipped, and where gate and loss
// disagree. One workgroup: thread t adds rows t, t + WIDTH, …, then a tree: always the same order.
override WIDTH: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> mu: array<f32>;
@group(0) @binding(2) var<storage, read> open: array<u32>;
@group(0) @binding(3) var<storage, read_write> stat: StatSlot;

var<workgroup> sums: array<vec3<f32>, WIDTH>;   // (kept, skipped, disagree)

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec3<f32>();
  for (var row = lane; row < dims.rows; row += WIDTH) {
    let value = mu[row];
    let kept = open[row] != 0u;
    sum += select(vec3<f32>(0.0, value, 0.0), vec3<f32>(value, 0.0, 0.0), kept);
    if ((value >= 0.0) == kept) { sum.z += value; }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    stat.muKept += sums[0].x;
    stat.muSkipped += sums[0].y;
    stat.disagreeMu += sums[0].z;
  }
}
