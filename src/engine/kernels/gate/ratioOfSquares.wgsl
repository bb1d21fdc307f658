// r of a row whose ‖Δ‖² is known: deltaSquares [rows], squares [rows, parts] = partial sums of y² ->
//   sqrt(‖Δ‖²) / (‖y‖₂ + 1e-6).
@group(0) @binding(RATIO_AT) var<storage, read> deltaSquares: array<f32>;
@group(0) @binding(RATIO_AT + 1) var<storage, read> squares: array<f32>;

fn ratioOf(row: u32) -> f32 {
  var y2 = 0.0;
  for (var p = 0u; p < shape.parts; p++) { y2 += squares[row * shape.parts + p]; }
  return sqrt(deltaSquares[row]) / (sqrt(y2) + 1e-6);
}
