// First-order change of the loss: u [rows, RANK], z [rows, RANK], open [rows] -> mu [rows] = s·u·z + extraOf
//   (overwrites), and its sums over kept rows, skipped ones, and those where gate and loss disagree, and the number of
//   kept and of skipped rows with mu < 0 (added to the StatSlot).
// A workgroup takes one run of rows and has a part of the sums of its own; thread t adds rows t, t + WIDTH, … of the
// run, then a tree: always the same order.
override WIDTH: u32;
override RANK4: u32;              // rank / 4
override SCALING: f32;            // s = alpha / rank

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> u: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> open: array<u32>;
@group(0) @binding(4) var<storage, read_write> mu: array<f32>;
@group(0) @binding(5) var<storage, read_write> stat: StatSlot;

var<workgroup> sums: array<vec4<f32>, WIDTH>;   // (kept, skipped, disagree, unused)
var<workgroup> counts: array<vec2<u32>, WIDTH>; // mu < 0: (kept, skipped)

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let run = (dims.rows + groups.x - 1u) / groups.x;
  let last = min((group.x + 1u) * run, dims.rows);
  var sum = vec4<f32>();
  var count = vec2<u32>();
  for (var row = group.x * run + lane; row < last; row += WIDTH) {
    var value = 0.0;
    for (var k = 0u; k < RANK4; k++) { value += dot(u[row * RANK4 + k], z[row * RANK4 + k]); }
    value = SCALING * value + extraOf(row);
    mu[row] = value;
    let kept = open[row] != 0u;
    sum += select(vec4<f32>(0.0, value, 0.0, 0.0), vec4<f32>(value, 0.0, 0.0, 0.0), kept);
    if ((value >= 0.0) == kept) { sum.z += value; }
    if (value < 0.0) { count += select(vec2<u32>(0u, 1u), vec2<u32>(1u, 0u), kept); }
  }
  sums[lane] = sum;
  counts[lane] = count;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
      counts[lane] += counts[lane + half];
    }
    workgroupBarrier();
  }
  if (lane != 0u) { return; }
  stat.mu[group.x] += sums[0];
  stat.helpful[group.x] += counts[0];
  if (group.x == 0u) { stat.measured += dims.rows; }
}
