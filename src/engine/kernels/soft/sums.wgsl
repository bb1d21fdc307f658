// mu [rows], ratio [rows], open [rows] -> Σ S μ/r, added to the StatSlot's fourth sum: minus what τ's gradient has of
// the loss. A workgroup takes one run of rows and has a part of the sums of its own; thread t adds rows t, t + WIDTH, …
// of the run, then a tree: always the same order.
override WIDTH: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> mu: array<f32>;
@group(0) @binding(2) var<storage, read> ratio: array<f32>;
@group(0) @binding(3) var<storage, read> open: array<u32>;
@group(0) @binding(4) var<storage, read_write> stat: StatSlot;

var<workgroup> sums: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let run = (dims.rows + groups.x - 1u) / groups.x;
  let last = min((group.x + 1u) * run, dims.rows);
  var sum = 0.0;
  for (var row = group.x * run + lane; row < last; row += WIDTH) {
    if (open[row] != 0u && ratio[row] > 0.0) { sum += mu[row] / ratio[row]; }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) { stat.mu[group.x].w += sums[0]; }
}
