// Slope of AdaLoRA's regularisation WEIGHT · ‖C − I‖_F by C: cov [RPAD, RPAD] = C, of which RANK rows and columns count
//   -> slope [RPAD, RPAD] = 2 · WEIGHT · (C − I)/‖C − I‖_F, so that slope · A (or B · slope) is the gradient of A with
//   C = A Aᵀ (of B with C = BᵀB). Zero where C = I. Overwrites. One workgroup of WIDTH threads.
override RPAD: u32;
override RANK: u32;
override WEIGHT: f32;
@group(0) @binding(0) var<storage, read> cov: array<f32>;
@group(0) @binding(1) var<storage, read_write> slope: array<f32>;

fn apart(i: u32) -> f32 {
  let row = i / RPAD;
  let column = i % RPAD;
  if (row >= RANK || column >= RANK) { return 0.0; }
  return cov[i] - select(0.0, 1.0, row == column);
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < RPAD * RPAD; i += WIDTH) {
    let d = apart(i);
    sum += d * d;
  }
  let norm = sqrt(rowSum(sum, lane));
  let factor = select(2.0 * WEIGHT / norm, 0.0, norm == 0.0);
  for (var i = lane; i < RPAD * RPAD; i += WIDTH) { slope[i] = factor * apart(i); }
}
