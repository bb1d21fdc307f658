// r of a row: z [rows, rank], gram [rank, rank] = BᵀB, squares [rows, parts] = partial sums of y² ->
//   sqrt(s² zᵀGz) / (‖y‖₂ + 1e-6). Nothing as wide as the module's output is read.
@group(0) @binding(RATIO_AT) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(RATIO_AT + 1) var<storage, read> gram: array<vec4<f32>>;
@group(0) @binding(RATIO_AT + 2) var<storage, read> squares: array<f32>;

fn ratioOf(row: u32) -> f32 {
  let rank4 = shape.rank4;
  // G is symmetric: blocks of 4 × 4 below its diagonal stand for those above.
  var delta2 = 0.0;
  for (var i = 0u; i < rank4; i++) {
    let zi = z[row * rank4 + i];
    for (var j = 0u; j <= i; j++) {
      let at = 4u * i * rank4 + j;
      let gz = transpose(mat4x4<f32>(gram[at], gram[at + rank4], gram[at + 2u * rank4], gram[at + 3u * rank4])) *
        z[row * rank4 + j];
      delta2 += select(2.0, 1.0, i == j) * dot(zi, gz);
    }
  }
  // Rounding may leave a tiny negative; -0 must not reach the histogram either.
  let delta = select(0.0, shape.scaling * sqrt(delta2), delta2 > 0.0);
  var y2 = 0.0;
  for (var p = 0u; p < shape.parts; p++) { y2 += squares[row * shape.parts + p]; }
  return delta / (sqrt(y2) + 1e-6);
}
