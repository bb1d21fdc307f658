// Norm from sums of squares: partial [COUNT] -> norm[0] = sqrt(Σ), or losses[run.segment] where that is not finite.
// When it is finite, the step is counted in taken [1], and norm[1] and norm[2] are its bias corrections. Overwrites.
// One workgroup, fixed order.
override WIDTH: u32;
override COUNT: u32;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<storage, read> losses: array<u32>;   // bits of f32
@group(0) @binding(3) var<storage, read_write> taken: array<u32>;
@group(0) @binding(4) var<storage, read> corrections: array<vec2<f32>>;  // the last one for all steps behind it
struct Run { segment: u32 }
@group(0) @binding(5) var<uniform> run: Run;

var<workgroup> sums: array<f32, WIDTH>;

// Exponent bits: a comparison with NaN or Inf may be optimised away.
fn isBad(bits: u32) -> bool { return (bits & 0x7f800000u) == 0x7f800000u; }

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
    let loss = losses[run.segment];
    let bits = select(bitcast<u32>(sqrt(sums[0])), loss, isBad(loss));
    norm[0] = bitcast<f32>(bits);
    if (isBad(bits)) { return; }
    let correction = corrections[min(taken[0], arrayLength(&corrections) - 1u)];
    norm[1] = correction.x;
    norm[2] = correction.y;
    taken[0] += 1u;
  }
}
