// Norm from sums of squares: partial [COUNT] -> norm [1] = sqrt(Σ), or losses[run.segment] where that is not finite.
// Overwrites. One workgroup, fixed order.
override WIDTH: u32;
override COUNT: u32;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<storage, read> losses: array<u32>;   // bits of f32
struct Run { segment: u32 }
@group(0) @binding(3) var<uniform> run: Run;

var<workgroup> sums: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < COUNT; i += WIDTH) { sum += partial[i]; }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    // Exponent bits: a comparison with NaN or Inf may be optimised away.
    let bits = losses[run.segment];
    if ((bits & 0x7f800000u) == 0x7f800000u) { norm[0] = bitcast<f32>(bits); } else { norm[0] = sqrt(sums[0]); }
  }
}
