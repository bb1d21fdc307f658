// Control: μ whose sign is a coin's. mu [rows], open [rows] -> Σ of ±|μ| over the rows where the gate and that sign
//   disagree, added to the StatSlot's fourth sum of μ.
// A workgroup takes one run of rows and has a part of the sums of its own; thread t adds rows t, t + WIDTH, … of the
// run, then a tree: always the same order.
override WIDTH: u32;

struct Coin {
  seed: u32,
  salt: u32,                      // which module it is, so that each throws coins of its own
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> mu: array<f32>;
@group(0) @binding(2) var<storage, read> open: array<u32>;
@group(0) @binding(3) var<storage, read_write> stat: StatSlot;
@group(0) @binding(4) var<uniform> coin: Coin;

var<workgroup> sums: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let run = (dims.rows + groups.x - 1u) / groups.x;
  let last = min((group.x + 1u) * run, dims.rows);
  let ofModule = mixBits(mixBits(mixBits(coin.seed + 0x6d2b79f5u) ^ dims.draw) ^ (coin.salt + 0xc2b2ae35u));
  var sum = 0.0;
  for (var row = group.x * run + lane; row < last; row += WIDTH) {
    // By the token's place in the step, so that it does not matter how a batch is cut.
    let harmful = (mixBits(ofModule ^ (dims.first + row)) & 1u) == 1u;
    if (harmful == (open[row] != 0u)) { sum += select(-abs(mu[row]), abs(mu[row]), harmful); }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) { stat.mu[group.x].w += sums[0]; }
}
